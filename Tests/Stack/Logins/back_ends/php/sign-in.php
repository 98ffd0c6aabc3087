<?php
// Signs somebody in: a session of PHP's own.
$people = [
    'ada' => ['id' => 1, 'name' => 'Ada Lovelace', 'staff' => true, 'password' => 'correct horse'],
    'zoe' => ['id' => 2, 'name' => 'Zoë “Z” Müller-Ōkami 🎤', 'staff' => false, 'password' => 'battery staple'],
];
$person = $people[$_POST['username']] ?? null;
if ($person === null || $person['password'] !== $_POST['password']) {
    http_response_code(401);
    exit;
}
session_start();
session_regenerate_id(true);
$_SESSION['user'] = $person;

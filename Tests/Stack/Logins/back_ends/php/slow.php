<?php
// A page that holds the session for longer than nginx waits in the shipped recipe of a back end.
session_start();
sleep(2);

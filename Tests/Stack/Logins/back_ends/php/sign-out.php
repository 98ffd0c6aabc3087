<?php
// Signs somebody out.
session_start();
session_destroy();

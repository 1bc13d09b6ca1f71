<?php // pecl_http, which drives libcurl's multi interface: php_http.php URL
$client = new http\Client;
$client->enqueue(new http\Client\Request("GET", $argv[1]))->send();
echo $client->getResponse()->getResponseCode(), "\n";

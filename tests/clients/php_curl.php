<?php // PHP's curl extension, the easy interface: php_curl.php URL...
$easy = curl_init();
foreach (array_slice($argv, 1) as $url) {
    curl_setopt_array($easy, [CURLOPT_URL => $url, CURLOPT_RETURNTRANSFER => true]);
    curl_exec($easy);
    echo curl_getinfo($easy, CURLINFO_RESPONSE_CODE), "\n";
}

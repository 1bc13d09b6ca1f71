<?php // PHP's curl extension, the multi interface, all at once: php_multi.php URL...
$multi = curl_multi_init();
$handles = [];
foreach (array_slice($argv, 1) as $url) {
    $handles[] = $easy = curl_init($url);
    curl_setopt($easy, CURLOPT_RETURNTRANSFER, true);
    curl_multi_add_handle($multi, $easy);
}
do {
    curl_multi_exec($multi, $running);
    curl_multi_select($multi, 1.0);
} while ($running > 0);
foreach ($handles as $easy) {
    curl_multi_remove_handle($multi, $easy);
    echo curl_getinfo($easy, CURLINFO_RESPONSE_CODE), "\n";
}

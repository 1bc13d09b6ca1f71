# FFI::Platypus: dlopen and dlsym of its own, called through libffi. perl_platypus.pl LIBRARY URL
use strict;
use warnings;
use FFI::Platypus 1.00;
my $ffi = FFI::Platypus->new(api => 1, lib => [shift]);
$ffi->attach(curl_easy_init => [] => 'opaque');
$ffi->attach([curl_easy_setopt => 'set_string'] => ['opaque', 'int'] => ['string'] => 'int');
$ffi->attach([curl_easy_setopt => 'set_long'] => ['opaque', 'int'] => ['long'] => 'int');
$ffi->attach(curl_easy_perform => ['opaque'] => 'int');
$ffi->attach(curl_easy_getinfo => ['opaque', 'int'] => ['long*'] => 'int');
$ffi->attach(curl_easy_cleanup => ['opaque'] => 'void');
my $easy = curl_easy_init();
set_string($easy, 10002, shift);
set_long($easy, 44, 1);
curl_easy_perform($easy);
curl_easy_getinfo($easy, 0x200002, \my $status);
print "$status\n";
curl_easy_cleanup($easy);

# WWW::Curl: perl_www_curl.pl easy|multi URL...
use strict;
use warnings;
use WWW::Curl::Easy;
use WWW::Curl::Multi;

my ($interface, @urls) = @ARGV;
my (%handles, $body);
my $multi = WWW::Curl::Multi->new;
for my $i (1 .. @urls) {
	my $easy = $handles{$i} = WWW::Curl::Easy->new;
	open(my $sink, '>', \$body) or die;
	$easy->setopt(CURLOPT_URL, $urls[$i - 1]);
	$easy->setopt(CURLOPT_WRITEDATA, $sink);
	$easy->setopt(CURLOPT_PRIVATE, $i);
	if ($interface eq 'easy') {
		$easy->perform;
		print $easy->getinfo(CURLINFO_HTTP_CODE), "\n";
	} else {
		$multi->add_handle($easy);
	}
}
exit if $interface eq 'easy';
my $left = @urls;
while ($left) {
	$multi->perform;
	while (my ($i) = $multi->info_read) {
		print $handles{$i}->getinfo(CURLINFO_HTTP_CODE), "\n";
		delete $handles{$i};
		$left--;
	}
	select(undef, undef, undef, 0.01);
}

# Net::Curl: perl_net_curl.pl easy|multi URL...
use strict;
use warnings;
use Net::Curl::Easy qw(:constants);
use Net::Curl::Multi qw(:constants);

my ($interface, @urls) = @ARGV;
my $multi = Net::Curl::Multi->new;
my $left = 0;
for my $url (@urls) {
	my $easy = Net::Curl::Easy->new;
	$easy->setopt(CURLOPT_URL, $url);
	$easy->setopt(CURLOPT_WRITEFUNCTION, sub { length $_[1] });
	if ($interface eq 'easy') {
		$easy->perform;
		print $easy->getinfo(CURLINFO_RESPONSE_CODE), "\n";
	} else {
		$multi->add_handle($easy);
		$left++;
	}
}
while ($left) {
	$multi->perform;
	while (my ($message, $easy) = $multi->info_read) {
		$multi->remove_handle($easy);
		print $easy->getinfo(CURLINFO_RESPONSE_CODE), "\n";
		$left--;
	}
	$multi->wait(1000) if $left;
}

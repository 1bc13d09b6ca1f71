# shellcheck shell=bash disable=SC2154
# A script is known where there is one reading of the command line; where there is none it may be any.
mkdir -p app/lib elsewhere
python_text="import pycurl, os
c = pycurl.Curl()
c.setopt(c.URL, '$APP')
c.setopt(c.WRITEFUNCTION, len)
%s
c.perform()
"
# shellcheck disable=SC2059
{
	printf "#!/usr/bin/python3\n$python_text" '' >app/job.py
	printf "#!/usr/bin/env -S python3 -u\n$python_text" '' >app/env.py
	printf "#!$W/interpreter\n$python_text" '' >app/own.py
	printf "$python_text" 'os.chdir("/")' >app/leaves.py
	printf "$python_text" 'import ctypes; f = open("/proc/self/cmdline", "rb"); old = f.read(); a = open("/proc/self/stat").read().rsplit(")", 1)[1].split(); ctypes.memset(int(a[45]), 0, len(old)); ctypes.memmove(int(a[45]), b"worker", 6)' >app/title.py
	printf '%s\n' 'use lib $ENV{PERL_LIB} || (); use WWW::Curl::Easy; my $c = WWW::Curl::Easy->new; my $o;' \
		"\$c->setopt(CURLOPT_URL, '$APP'); \$c->setopt(CURLOPT_WRITEDATA, \\\$o); \$c->perform;" >app/job.pl
	printf '<?php $c = curl_init("%s"); curl_setopt($c, CURLOPT_RETURNTRANSFER, 1); curl_exec($c);\n' "$APP" >app/job.php
}
cp /usr/bin/python3 interpreter
cp app/job.py app/lib/job.py
chmod 755 app/*
ln -s job.py app/link.py

# known KIND LABEL SCRIPT COMMAND...: its rule and its denial hold.
known() {
	local label=$1 script=$2
	shift 2
	rule_for "scripts = [\"@W/$script\"];"
	expect key "$label: its rule" "$@"
	deny_for "scripts = [\"@W/$script\"];"
	expect none "$label: its denial" "$@"
	deny_for 'scripts = ["@W/elsewhere/x"];'
	expect key "$label: another's denial" "$@"
}
# unknown LABEL SCRIPT COMMAND...: no rule, and every denial.
unknown() {
	local label=$1 script=$2
	shift 2
	rule_for "scripts = [\"@W/$script\"];"
	expect none "$label: no rule" "$@"
	deny_for "scripts = [\"@W/$script\"];"
	expect none "$label: its denial" "$@"
	deny_for 'scripts = ["@W/elsewhere/x"];'
	expect none "$label: another's denial" "$@"
}
# none LABEL SCRIPT COMMAND...: nothing is interpreted.
none() {
	local label=$1
	shift 1
	rule_for 'scripts = ["@W/app/*"];'
	expect none "$label: no rule" "$@"
	deny_for 'scripts = ["@W/app/*"];'
	expect key "$label: no denial" "$@"
}
at() { in_folder "$1" env PWD="$(cd "$1" && pwd)" "${@:2}"; }
export -f at

known "by its full name" app/job.py /usr/bin/python3 "$W/app/job.py"
known "by its link's target" app/job.py /usr/bin/python3 "$W/app/link.py"
known "by its link" app/link.py /usr/bin/python3 "$W/app/job.py"
known "python3 job.py" app/job.py at app /usr/bin/python3 job.py
known "python3 ../app/job.py" app/job.py at app/lib /usr/bin/python3 ../job.py
known "./job.py" app/job.py at app ./job.py
known "options with values before it" app/job.py at app /usr/bin/python3 -u -W ignore -X utf8 -Bs job.py one
known "env -S in its first line" app/env.py at app ./env.py
known "an interpreter of another name, by its first line" app/own.py "$W/app/own.py"
known "an interpreter of another name" app/job.py at app ../interpreter -u job.py
perl=yes php=yes
lacks "perl's WWW::Curl" perl -MWWW::Curl::Easy -e1 && perl=no
lacks "php's curl" sh -c 'php -m | grep -qx curl' && php=no
[ $perl = no ] || known "perl -I lib job.pl" app/job.pl at app perl -I lib -w job.pl
[ $perl = no ] || known "perl -MPOSIX -l0 job.pl" app/job.pl at app perl -MPOSIX -l0 job.pl
[ $php = no ] || known "php -d memory_limit=64M job.php" app/job.php at app php -d memory_limit=64M job.php
[ $php = no ] || known "php -f job.php" app/job.php at app php -f job.php
cp "$W/app/job.py" app/gone.py
printf 'import os\nos.unlink("%s/app/gone.py")\nexec(open("%s/app/job.py").read())\n' "$W" "$W" >app/gone.py
deny_for 'scripts = ["@W/app/gone.py"];'
expect none "one that removed itself is denied still" /usr/bin/python3 "$W/app/gone.py"

# A folder: which of its files is run is the interpreter's affair.
mkdir app/whole && cp app/job.py app/whole/__main__.py
unknown "a folder" app/whole/__main__.py /usr/bin/python3 "$W/app/whole"
unknown "the folder it is in" app/whole/__main__.py at app/whole /usr/bin/python3 .
deny_for 'scripts = ["@W/app/whole"];'
expect none "a folder's own denial" /usr/bin/python3 "$W/app/whole"

[ $php = no ] || unknown "php --, which reads standard input" app/job.php bash -c "exec php -- $W/app/link.py <$W/app/job.php"
rule_for 'scripts = ["@W/app/link.py"];'
[ $php = no ] || expect none "php --: no rule for the word behind it" bash -c "exec php -- $W/app/link.py <$W/app/job.php"
[ $php = no ] || known "php -B CODE -F job.php" app/job.php bash -c "echo line | php -B '1;' -F $W/app/job.php"
unknown "python3 -i -c, which reads standard input then" app/job.py bash -c "exec /usr/bin/python3 -i -c 1 <$W/app/job.py"
unknown "standard input" app/job.py bash -c "exec /usr/bin/python3 <$W/app/job.py"
unknown "python3 -" app/job.py bash -c "exec /usr/bin/python3 - <$W/app/job.py"
unknown "python3 -m job" app/job.py at app /usr/bin/python3 -m job
unknown "a descriptor's name" app/job.py bash -c "exec /usr/bin/python3 /dev/fd/9 9<$W/app/job.py"
unknown "a relative name, with another folder in PWD" app/job.py in_folder app env PWD=/ /usr/bin/python3 job.py
unknown "a relative name without PWD" app/job.py in_folder app env -u PWD /usr/bin/python3 job.py
unknown "a relative name, and the folder was left" app/leaves.py at app /usr/bin/python3 leaves.py
unknown "a command line that was overwritten" app/title.py at app /usr/bin/python3 title.py
[ $perl = no ] || unknown "perl -x -S, which searches" app/job.pl at app env PATH="$W/app:$PATH" perl -S job.pl

loader=$(ldd /usr/bin/curl | sed -n 's/.*\(\/lib[^ ]*ld-linux[^ ]*\).*/\1/p')
unknown "an interpreter under a loader started by hand" app/job.py "$loader" /usr/bin/python3 "$W/app/job.py"

text="exec(open('$W/app/job.py').read())"
none "python3 -c" /usr/bin/python3 -c "$text"
none "python3 -uc" /usr/bin/python3 -uc "$text"
none "python3 -c with a script's name behind it" at app /usr/bin/python3 -c "$text" job.py
[ $perl = no ] || none "perl -e" perl -e "do '$W/app/job.pl'"
none "an interpreter of another name, -c" $W/interpreter -c "$text"
[ $php = no ] || none "php -r" php -r "include '$W/app/job.php';"
none "a program that interprets nothing" curl -sS -o /dev/null "$APP"
none "a shell's command, and what it starts" bash -c "curl -sS -o /dev/null $APP; true" "$W/app/job.py"

# A program with an interpreter in it may run any script; it is told by the library that is mapped.
library=$(ldd /usr/bin/curl | sed -n 's/.*=> \(\/[^ ]*libz\.so[^ ]*\) .*/\1/p')
cp "$library" libperl.so.5.99
real_library=$LIBRARY
LIBRARY="$LIBRARY $W/libperl.so.5.99"
unknown "a program with an interpreter in it" app/job.pl curl -sS -o /dev/null "$APP"
policy "$one_rule"
expect key "a program with an interpreter in it, where no script is named" curl -sS -o /dev/null "$APP"
none "python3 -c, which is one itself" /usr/bin/python3 -c "$text"
LIBRARY=$real_library
module=$(ls /usr/lib/apache2/modules/libphp*.so 2>/dev/null | tail -n 1)
if [ -n "$module" ] && [ -x /usr/sbin/apache2 ]; then
	mkdir -p apache/logs
	printf '%s\n' "ServerRoot $W/apache" "PidFile $W/apache/pid" 'Listen 127.0.0.1:8081' 'ServerName localhost' \
		'LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so' \
		'LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so' "LoadModule php_module $module" \
		"ErrorLog $W/apache/err" 'User www-data' 'Group www-data' "DocumentRoot $W/app" \
		'<FilesMatch "\.php$">' 'SetHandler application/x-httpd-php' '</FilesMatch>' >apache/conf
	served() {
		/usr/sbin/apache2 -f "$W/apache/conf" -X &
		env -u LD_PRELOAD curl -s --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8081/job.php
		kill $!
		wait $!
		return 0
	}
	export -f served
	chgrp www-data $K1
	chmod 640 $K1
	unknown "Apache's PHP" app/job.php served
	policy "$one_rule"
	expect key "Apache's PHP, where no script is named" served
else
	echo "ok   SKIP Apache's PHP: libapache2-mod-php is not installed"
fi

# shellcheck shell=bash disable=SC2154
# What explain says of a program and a user is what the server sees of them.
useradd -m -U ann
useradd -m -U bob
useradd -M -U -d /nonexistent svc
usermod -aG svc bob
mkdir -p /etc/commissioned-auth app opt
system=/etc/commissioned-auth/commissioned-auth.conf
CONF=$system
for key in all svc; do cp $K1 /etc/commissioned-auth/$key; done
chmod 644 /etc/commissioned-auth/all
chgrp svc /etc/commissioned-auth/svc
chmod 640 /etc/commissioned-auth/svc
own() { # own USER KEYFILE: a configuration of his own
	mkdir -p "/home/$1/.config/commissioned-auth"
	printf 'api_key = "%s";\n' "$(cat "$2")" >"/home/$1/.config/commissioned-auth/commissioned-auth.conf"
	chmod 600 "/home/$1/.config/commissioned-auth/commissioned-auth.conf"
	chown -R "$1:" "/home/$1/.config"
}
own bob $K2
cp /usr/bin/curl opt/setid
chown svc:svc opt/setid
chmod 6755 opt/setid
cp /usr/bin/curl opt/tool
ln -s "$W/opt/tool" opt/link
py="import pycurl; c = pycurl.Curl(); c.setopt(c.URL, '$APP'); c.setopt(c.WRITEFUNCTION, len); c.perform()"
printf '#!/usr/bin/python3\n%s\n' "$py" >app/job.py
printf '#!/usr/bin/env -S X=1 python3 -u\n%s\n' "$py" >app/env.py
cp app/job.py app/other.py
printf '#!%s\n' "$W/app/job.py" >app/outer.py
chmod 755 app/*.py

# ld.so.preload of this namespace: set-ID programs read nothing else.
echo "$LIBRARY" >/etc/ld.so.preload
count=0
# agree USER PROGRAM [ARGUMENT...]: asks, looks what the server saw, and compares.
agree() {
	local user=$1 program=$2 said saw home
	shift 2
	home=$(getent passwd "$user" | cut -d: -f6)
	env -u HOME HOME=/root commissioned-auth explain -u "$user" -p "$program" "$APP" >explained 2>&1
	said=$?
	seen=$(wc -l <server/log 2>/dev/null || echo 0)
	setpriv --reuid="$user" --regid="$user" --init-groups env -i PATH="$PATH" HOME="$home" timeout 20 "$program" "$@" >out 2>&1
	saw=$(outcome)
	count=$((count + 1))
	case $said$saw in
	0key | 1none | 2nothing) ok "$count $user $program: $saw" ;;
	*) bad "$count $user $program: explain ends $said, the server saw $saw: $(cat explained out)" ;;
	esac
	outcomes="$outcomes $saw"
}
outcomes=
asks=(-sS -o /dev/null "$APP")
everybody() {
	for user in root ann bob svc; do agree $user curl "${asks[@]}"; done
}
put() { printf '%s\n' "$1" | sed "s|@W|$W|g" >$system; }

chmod 600 /etc/commissioned-auth/all
put 'key_file = "/etc/commissioned-auth/all";'
everybody # a key of root's that nobody else may read
put 'key_file = "/etc/commissioned-auth/svc";'
everybody # one that a group may
agree ann "$W/opt/setid" "${asks[@]}"
agree bob "$W/opt/setid" "${asks[@]}"
chmod 600 $system
agree ann curl "${asks[@]}"
agree bob curl "${asks[@]}"
chmod 644 $system
keys='keys = ({ name = "k"; file = "/etc/commissioned-auth/svc"; });'
put "$keys rules = ({ name = \"r\"; key = \"k\"; groups = [\"svc\"]; }); user_config = false;"
everybody
agree ann "$W/opt/setid" "${asks[@]}"
put "$keys rules = ({ name = \"r\"; key = \"k\"; users = [\"svc\"]; programs = [\"@W/opt/link\"]; }); user_config = false;"
agree svc "$W/opt/tool" "${asks[@]}"
agree svc "$W/opt/link" "${asks[@]}"
agree svc "$W/opt/setid" "${asks[@]}"
agree bob "$W/opt/tool" "${asks[@]}"
put "$keys rules = ({ name = \"r\"; key = \"k\"; scripts = [\"@W/app/job.py\"]; }, { name = \"e\"; key = \"k\"; scripts = [\"@W/app/env.py\"]; }); user_config = false;"
for script in job env other outer; do agree svc "$W/app/$script.py"; done
put "$keys rules = ({ name = \"r\"; key = \"k\"; }); deny = ({ scripts = [\"@W/app/other.py\"]; users = [\"svc\"]; }); user_config = false;"
for script in job other outer; do agree svc "$W/app/$script.py"; done
agree bob "$W/app/other.py"
agree root /usr/bin/python3 -c "$py"
agree svc /usr/bin/python3 - <<<"$py"
hops=yes
lacks "libcurl 7.80" libcurl_shows_hops && hops=no
put "$keys rules = ({ name = \"r\"; key = \"k\"; programs = [\"/usr/bin/git\"]; }); user_config = false;"
agree svc git -c http.lowSpeedTime=5 ls-remote https://app.commissioned.tech/v1/r.git
put "$keys rules = ({ name = \"r\"; key = \"k\"; programs = [\"/usr/lib/git-core/git-remote-https\"]; }); user_config = false;"
[ $hops = no ] || agree svc git ls-remote https://app.commissioned.tech/v1/r.git
for ca in "$W/server/ca.pem" /etc/commissioned-auth/none.pem; do
	put "verify = \"always\"; ca_file = \"$ca\"; $keys rules = ({ name = \"r\"; key = \"k\"; }); user_config = false;"
	[ "$ca" = "$W/server/ca.pem" ] && [ $hops = yes ] && agree root curl "${asks[@]}"
	agree svc curl "${asks[@]}"
done
: >/etc/ld.so.preload
[ $count -ge 30 ] && ok "$count combinations" || bad "$count combinations only"
for kind in key none nothing; do
	case $outcomes in *" $kind"*) ok "$kind is among them" ;; *) bad "$kind is not among them" ;; esac
done

# A program that is not there yet, and what only root can tell.
put "$keys rules = ({ name = \"r\"; key = \"k\"; programs = [\"/opt/new/bin/service\"]; });"
commissioned-auth explain -u svc -p /opt/new/bin/service "$APP" >out && ok "a program to come" || bad "a program to come: $(cat out)"
grep -q 'not installed' out && ok "which is not installed" || bad "which is not installed: $(cat out)"
commissioned-auth explain -u svc -p /opt/new/bin/other "$APP" >out
[ $? = 1 ] && ok "another one" || bad "another one: $(cat out)"
setpriv --reuid=ann --regid=ann --init-groups commissioned-auth explain -u svc "$APP" >out 2>&1
[ $? = 2 ] && grep -q sudo out && ok "another user's answer takes root" || bad "another user: $(cat out)"

# What is shown of another user's policy is what he can read.
put "keys = ({ name = \"k\"; file = \"/etc/commissioned-auth/svc\"; }); rules = ({ name = \"r\"; key = \"k\"; });"
commissioned-auth config show -u ann >out
grep -q 'error .*permission denied' out && ok "config show -u reads as that user" || bad "config show -u: $(cat out)"
commissioned-auth config show -u svc >out
grep -q ' prefix ' out && ok "config show -u of one who may" || bad "config show -u svc: $(cat out)"
commissioned-auth config check -u ann >out 2>&1
[ $? = 78 ] && ok "config check -u reads as that user" || bad "config check -u: $(cat out)"

# A number without an entry: a container's user. His groups are not known unless they are given.
commissioned-auth explain -u 4242 "$APP" >out 2>&1
[ $? = 2 ] && grep -q 'permission denied' out && grep -q '4242 is not in /etc/passwd, so his groups are not known' out &&
	ok "a number without an entry" || bad "a number: $(cat out)"
commissioned-auth explain -u 4242:svc "$APP" >out 2>&1 && ! grep -q 'not known' out && ok "with its group" || bad "with its group: $(cat out)"
commissioned-auth explain -u ann:svc "$APP" >out 2>&1 && ok "another group of a user's" || bad "another group: $(cat out)"
put "$keys rules = ({ name = \"r\"; key = \"k\"; }); deny = ({ groups = [\"ann\"]; });"
chmod 644 /etc/commissioned-auth/svc
chown 4242 /etc/commissioned-auth/svc
chmod 600 /etc/commissioned-auth/svc
commissioned-auth explain -u 4242 "$APP" >out 2>&1
[ $? = 1 ] && grep -q 'denied by .*not known whether it is in one' out && ok "a denial of groups meets it" || bad "a denial: $(cat out)"
commissioned-auth explain -u 4242:svc "$APP" >out 2>&1 && ok "and not where its group is known" || bad "known group: $(cat out)"
commissioned-auth explain -u 99999999999 "$APP" >out 2>&1
[ $? = 2 ] && grep -q 'there is no user' out && ok "no number at all" || bad "no number: $(cat out)"
commissioned-auth explain -u ann:nosuch "$APP" >out 2>&1
[ $? = 2 ] && grep -q "there is no group 'nosuch'" out && ok "no group" || bad "no group: $(cat out)"

# shellcheck shell=bash disable=SC2154
# HOME may lead into somebody else's folder: what lies there is his, and counts as absent.
useradd -m -U ann
useradd -m -U bob
give() { # give USER FOLDER: a configuration of that user's below it
	mkdir -p "$2/.config/commissioned-auth"
	printf 'api_key = "%s";\n' "$(cat $K1)" >"$2/.config/commissioned-auth/commissioned-auth.conf"
	chmod 600 "$2/.config/commissioned-auth/commissioned-auth.conf"
	chown -R "$1:" "$2/.config"
}
# home WANTED LABEL USER HOME
home() {
	local wanted=$1 label=$2 user=$3 home=$4
	seen=$(wc -l <server/log 2>/dev/null || echo 0)
	setpriv --reuid="$user" --regid="$user" --init-groups env HOME="$home" LD_PRELOAD="$LIBRARY" curl -sS -o /dev/null "$APP" >out 2>&1
	got=$(outcome)
	if [ "$got" = "$wanted" ]; then ok "$label"; else bad "$label: $got, not $wanted: $(cat out)"; fi
}
give ann /home/ann
home key "her own" ann /home/ann
home none "root's HOME is hers (sudo -E)" root /home/ann
chmod 755 /home/ann /home/ann/.config /home/ann/.config/commissioned-auth
home none "his HOME is hers" bob /home/ann
mkdir -m 1777 shared
give ann $W/shared
home none "a folder for all, where she was first" bob $W/shared
home key "where she was first herself" ann $W/shared
mkdir -m 777 open
give ann $W/open
home none "a folder that all may change" bob $W/open
home none "a folder that all may change, as root" root $W/open
mkdir -p link/.config && ln -s /home/ann/.config/commissioned-auth link/.config/commissioned-auth
home none "a link into her folder" root $W/link
chown -h bob /home/ann/.config/commissioned-auth/commissioned-auth.conf
home nothing "in her own folder, a file that is his" ann /home/ann
chown -h ann /home/ann/.config/commissioned-auth/commissioned-auth.conf
chmod 777 /home/ann/.config/commissioned-auth
home nothing "her own folder, which all may change, is hers to put right" ann /home/ann
chmod 755 /home/ann/.config/commissioned-auth

HOME=/home/ann commissioned-auth explain "$APP" >out
grep -q "^warning .*left out" out && ok "explain says so" || bad "explain: $(cat out)"
HOME=/home/ann commissioned-auth doctor >out
grep -q "warning.*left out" out && ok "doctor says so" || bad "doctor: $(cat out)"
COMMISSIONED_AUTH_CONFIG=/home/ann/.config/commissioned-auth/commissioned-auth.conf LD_PRELOAD=$LIBRARY \
	curl -sS -o /dev/null "$APP" >out 2>&1
[ $? = 94 ] && ok "a file that was named is judged as ever" || bad "a file that was named: $(cat out)"

# The system's policy counts all the same.
mkdir -p /etc/commissioned-auth
cp $K2 /etc/commissioned-auth/k
printf 'key_file = "/etc/commissioned-auth/k";\n' >/etc/commissioned-auth/commissioned-auth.conf
home key "the system's policy" root /home/ann
env -u HOME commissioned-auth explain "$APP" >out && ok "without HOME" || bad "without HOME: $(cat out)"
printf '%s\n' "$(cat $K1)" | setpriv --reuid=bob --regid=bob --init-groups env -u HOME commissioned-auth key add mine >out 2>&1
[ $? = 2 ] && [ ! -e /home/bob/.config ] && ok "without HOME key add writes nothing that nobody would find" || bad "key add: $(cat out)"

# Where the system's folder is closed to a user, what is in it may be for him.
chmod 700 /etc/commissioned-auth
rm -r /home/ann/.config
home nothing "a system's policy in a closed folder" ann /home/ann
grep -q 'as root, chmod o+x /etc/commissioned-auth' out && ok "it is said what to open" || bad "a closed folder: $(cat out)"

# It may also deny her the key, whatever her own policy says; nothing but a request for the key is felt.
give ann /home/ann
home nothing "her own beside it" ann /home/ann
grep -q 'may deny the key: as root, chmod o+x /etc/commissioned-auth' out && ok "it is said why" || bad "her own beside it: $(cat out)"
HOME=/home/ann setpriv --reuid=ann --regid=ann --init-groups commissioned-auth explain "$APP" >out && bad "explain says key" || ok "explain sees it"
HOME=/home/ann setpriv --reuid=ann --regid=ann --init-groups commissioned-auth config check >out 2>&1
[ $? = 78 ] && grep -q 'may deny the key' out && ok "config check sees it" || bad "config check: $(cat out)"
printf '%s\n' "$(cat $K1)" | HOME=/home/ann setpriv --reuid=ann --regid=ann --init-groups commissioned-auth key add mine >out 2>&1
grep -q 'no key is given: .*may deny the key' out && ok "key add sees it" || bad "key add: $(cat out)"
as_ann() { # as_ann WANTED LABEL ARGUMENTS-OF-CURL...
	local wanted=$1 label=$2
	shift 2
	seen=$(wc -l <server/log)
	setpriv --reuid=ann --regid=ann --init-groups env HOME=/home/ann LD_PRELOAD="$LIBRARY" curl -sS -o /dev/null "$@" >out 2>&1
	got=$(outcome)
	if [ "$got" = "$wanted" ]; then ok "$label"; else bad "$label: $got, not $wanted: $(cat out)"; fi
}
as_ann none "another host" -k https://localhost/v1/models
as_ann key "a credential of the program's own" -H "Authorization: Bearer $(cat $K1)" "$APP"
chmod 755 /etc/commissioned-auth
chmod 600 /etc/commissioned-auth/commissioned-auth.conf
home nothing "a closed file" ann /home/ann
grep -q 'may deny the key: as root, chmod 644 /etc/commissioned-auth' out && ok "it is said what to do" || bad "a closed file: $(cat out)"
chmod 644 /etc/commissioned-auth/commissioned-auth.conf
mkdir -m 700 /etc/commissioned-auth/conf.d
home nothing "a closed conf.d" ann /home/ann
grep -q 'conf.d: permission denied, and it may deny the key: as root, chmod 755 /etc' out && ok "it is said what to open" || bad "a closed conf.d: $(cat out)"
chmod 755 /etc/commissioned-auth/conf.d
printf '@include "never";\n' >/etc/commissioned-auth/conf.d/a.conf
chmod 600 /etc/commissioned-auth/conf.d/a.conf
home nothing "a closed file in it" ann /home/ann
rm /etc/commissioned-auth/conf.d/a.conf
home key "all of it open" ann /home/ann
mkdir -m 700 closed && mkdir -m 755 closed/conf.d
rmdir /etc/commissioned-auth/conf.d && ln -s $W/closed/conf.d /etc/commissioned-auth/conf.d
home nothing "a conf.d that leads into a closed folder" ann /home/ann
grep -q "chmod o+x $W/closed" out && ok "it is said what to open" || bad "a conf.d that leads away: $(cat out)"
rm /etc/commissioned-auth/conf.d && mkdir -m 755 /etc/commissioned-auth/conf.d

# Rules in conf.d alone are a policy, and an empty conf.d is none.
rm -r /home/ann/.config
cp $K1 /etc/commissioned-auth/k1
chgrp ann /etc/commissioned-auth/k1
chmod 640 /etc/commissioned-auth/k1
mv /etc/commissioned-auth/commissioned-auth.conf /etc/commissioned-auth/conf.d/a.conf
sed -i 's|/k"|/k1"|' /etc/commissioned-auth/conf.d/a.conf
home key "rules in conf.d alone" ann /home/ann
rm /etc/commissioned-auth/conf.d/a.conf
home none "an empty conf.d" ann /home/ann
as_ann none "an empty conf.d, another host" -k https://localhost/v1/models
chmod 700 /etc/commissioned-auth/conf.d
home nothing "a closed conf.d alone" ann /home/ann
rmdir /etc/commissioned-auth/conf.d
: >/etc/commissioned-auth/conf.d
home none "a conf.d that is no folder" ann /home/ann
rm /etc/commissioned-auth/conf.d
home none "no configuration at all" ann /home/ann

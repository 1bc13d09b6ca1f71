# shellcheck shell=bash disable=SC2154
# What is said of the system's policy is followed, and then it is right for everybody.
for user in ann bob; do useradd -m -U $user; done
mkdir -p /etc/commissioned-auth/conf.d
system=/etc/commissioned-auth/commissioned-auth.conf
printf 'keys = ({ name = "k"; environment = "COMMISSIONED_API_KEY"; }); rules = ({ name = "r"; key = "k"; });\n' >$system
printf 'report = "none";\n' >/etc/commissioned-auth/conf.d/a.conf
key=$(cat $K1)
asked() {
	seen=$(wc -l <server/log 2>/dev/null || echo 0)
	setpriv --reuid="$1" --regid="$1" --init-groups env HOME="/home/$1" COMMISSIONED_API_KEY="$key" \
		LD_PRELOAD="$LIBRARY" curl -sS -o /dev/null "$APP" >out 2>&1
	outcome
}
# follow LABEL: what ann is told is done, until she has a key; bob has one then, and root.
follow() {
	local label=$1 turn said
	for turn in 1 2 3; do
		[ "$(asked ann)" != key ] || break
		said=$(sed -n 's/.*: as root, \(ch[a-z]* .*\)/\1/p' out)
		[ -n "$said" ] || { bad "$label: no command: $(cat out)"; return; }
		bash -c "${said%%, unless*}"
	done
	[ "$turn" -gt 1 ] || { bad "$label: nothing was wrong"; return; }
	if [ "$(asked ann)$(asked bob)$(asked root)" = keykeykey ]; then ok "$label"; else bad "$label: after '$said': $(cat out)"; fi
}
chmod 700 /etc/commissioned-auth/conf.d
follow "conf.d is closed"
chmod 600 /etc/commissioned-auth/conf.d/a.conf
follow "a file of conf.d is closed"
chown bob $system
follow "the policy is another user's"
chown bob /etc/commissioned-auth/conf.d/a.conf
chmod 600 /etc/commissioned-auth/conf.d/a.conf
follow "a file of conf.d is another user's alone"
chmod 666 $system
follow "the policy is everybody's"
chmod 700 /etc/commissioned-auth
follow "the folder is closed"
chmod 777 /etc/commissioned-auth
follow "the folder is everybody's"

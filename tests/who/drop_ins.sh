# shellcheck shell=bash disable=SC2154
# The system's policy may be in conf.d alone; what explain says of it is what the library does.
useradd -m -U ann
folder=/etc/commissioned-auth
mkdir -p $folder/conf.d
system=$folder/commissioned-auth.conf
cp $K1 $folder/k
chgrp ann $folder/k
chmod 640 $folder/k
CONF=$folder/conf.d/a.conf
# agree WANTED LABEL: for root and for ann.
agree() {
	local wanted=$1 label=$2 user said
	for user in root ann; do
		seen=$(wc -l <server/log 2>/dev/null || echo 0)
		setpriv --reuid=$user --regid=$user --init-groups env HOME=/nonexistent LD_PRELOAD="$LIBRARY" \
			curl -sS -o /dev/null "$APP" >out 2>&1
		got=$(outcome)
		commissioned-auth explain -u $user -p curl "$APP" >explained 2>&1
		said=$?
		case $got$said in
		"$wanted"[0-2]) ;;
		*) bad "$label, $user: $got, not $wanted: $(cat out)"; continue ;;
		esac
		case $got$said in
		key0 | none1 | nothing2) ok "$label, $user" ;;
		*) bad "$label, $user: $got, and explain ends $said: $(cat explained)" ;;
		esac
	done
}
agree none "an empty conf.d"
policy 'key_file = "/etc/commissioned-auth/k";'
agree key "conf.d alone"
printf 'deny = ({ programs = ["/usr/bin/curl"]; });\n' >$folder/conf.d/b.conf
agree none "a denial in conf.d alone"
mv $folder/conf.d $folder/real.d
ln -s real.d $folder/conf.d
rm $folder/conf.d/b.conf
agree key "conf.d is a link"
ln -s loop $system
ln -s commissioned-auth.conf $folder/loop
agree nothing "links in a loop"
ln -sfn /nonexistent $system
agree key "a link that leads nowhere beside conf.d"
rm $folder/conf.d
agree none "a link that leads nowhere"

# shellcheck shell=bash disable=SC2154
# Users and groups are the effective ones at each request; which key came says whom it was judged as.
for name in one two; do useradd -M -U "user-$name"; done
U1=$(id -u user-one) U2=$(id -u user-two)
chmod 644 $K1 $K2 # whoever asks may read them: it is the rules that keep them apart
chown root:root $K1 $K2
chmod 640 $K1 $K2
chgrp user-two $K1 $K2
cat >asks.py <<P
import ctypes, os, pycurl, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
c = pycurl.Curl() # one connection, so that several requests fall into one tick
c.setopt(c.URL, "$APP")
c.setopt(c.WRITEFUNCTION, len)
def ask():
    try: c.perform()
    except pycurl.error as e: print(e.args)
for word in sys.argv[1:]:
    name, _, value = word.partition("=")
    if name == "ask": ask()
    elif name == "many":
        for i in range(int(value)):
            os.seteuid(0); ask(); os.seteuid($U1); ask()
    elif name == "euid": os.seteuid(int(value))
    elif name == "setuid": os.setuid(int(value))
    elif name == "groups": os.setgroups([int(g) for g in value.split(",") if g])
    elif name == "thread": # this thread alone, past the C library
        libc.syscall(117, int(value), int(value), -1)
    elif name == "sh": os.system(value)
P
prefix() { cut -c1-16 "$1"; }
P1=$(prefix $K1) P2=$(prefix $K2)
# came WANTED LABEL WORDS...: the requests' keys, 1, 2 or - for each, in order.
came() {
	local wanted=$1 label=$2 got
	shift 2
	seen=$(wc -l <server/log 2>/dev/null || echo 0)
	COMMISSIONED_AUTH_CONFIG=$CONF LD_PRELOAD=$LIBRARY timeout 60 /usr/bin/python3 asks.py "$@" >out 2>&1
	got=$(tail -n +$((seen + 1)) server/log | sed "s/.*\"key\":\"$P1.*/1/; s/.*\"key\":\"$P2.*/2/; s/.*authorization_headers.*/-/" | tr -d '\n')
	if [ "$got" = "$wanted" ]; then ok "$label"; else
		bad "$label: $got, not $wanted"
		head -3 out | sed 's/^/       /'
	fi
}
cp $K1 public1 && cp $K2 public2
chmod 640 public1 public2
two_rules() {
	policy "keys = ({ name = \"a\"; file = \"@W/public1\"; }, { name = \"b\"; file = \"@W/public2\"; });
rules = ({ name = \"a\"; key = \"a\"; $1 }, { name = \"b\"; key = \"b\"; $2 }); $3"
}
chgrp user-one public1 public2

two_rules 'users = ["root"];' "users = [$U1];" ''
came "$(printf '12%.0s' $(seq 100))" "within one tick of the clock each user has his own" groups="$(id -g user-one)" many=100
came 12 "a thread that changed its own ids past the C library" groups="$(id -g user-one)" ask thread="$U1" ask
came 1- "another user, who has no rule" groups="$(id -g user-one)" ask euid="$U2" ask
came 1-1 "and back" groups="$(id -g user-one)" ask euid="$U2" ask euid=0 ask

two_rules 'users = ["root"];' 'groups = ["root"];' ''
came 12 "for good, but for its group" groups="$(id -g user-one)" ask setuid="$U1" ask
two_rules 'groups = ["user-two"];' 'users = ["root"];' ''
came 121 "a group that was left, and entered" groups="$(id -g user-two)" ask groups= ask groups="$(id -g user-two)" ask
two_rules 'users = ["root"];' "users = [$U1];" "deny = ({ groups = [\"user-two\"]; });"
came 1-1 "a denied group" ask groups="$(id -g user-two)" ask groups= ask
two_rules 'users = ["root"];' "users = [$U1];" "deny = ({ users = [\"user-one\"]; });"
came 1- "a denied user" ask setuid="$U1" ask

# The new user may read nothing of it: what the old image gives him is his, and no more.
sealed() { two_rules "$@"; chown root:root public1 public2 "$CONF"; chmod 600 public1 public2 "$CONF"; }
sealed "users = (\"root\", $U1);" '' ''
came 11 "a rule for both" ask setuid="$U1" ask
came 111 "a second later too" ask setuid="$U1" ask "sh=sleep 1.2" ask
sealed 'users = ["root"];' '' ''
came 12 "a rule for the old one, then one for anybody" groups= ask setuid="$U1" ask || true
sealed 'users = ["root"];' "users = [$U2];" ''
came 1- "a rule for the old one alone" ask setuid="$U1" ask
sealed 'groups = ["user-two"];' "users = [$U2];" ''
came 1- "a rule for a group that was left" groups="$(id -g user-two)" ask groups= setuid="$U1" ask
sealed '' '' "deny = ({ users = [\"user-one\"]; });"
came 1- "a denial of the new one" ask setuid="$U1" ask
sealed "users = [$U1];" '' ''
came 2 "a rule for the new one, whose key nobody had read: the request fails" ask setuid="$U1" ask
grep -q 'was not read before this process became user' out && ok "with a sentence" || bad "no sentence: $(cat out)"
sealed '' '' ''
came 11 "a rule for anybody goes on" ask setuid="$U1" ask
sealed 'verify = "always"; ca_file = "@W/server/ca.pem";' '' ''
lacks "libcurl 7.80" libcurl_shows_hops || came 11 "and so does what the rule says of its peers" ask setuid="$U1" ask

# What is faked is not believed, and not told either: the journal of this namespace is a file.
two_rules 'users = ["root"];' "users = [$U1];" 'report = "all";'
chgrp user-one public1 public2
chmod 640 public1 public2
chmod 644 "$CONF"
mount -t tmpfs -o mode=755 journal /run
mkdir -p /run/systemd/journal
mkfifo listens
# faked LABEL COMMAND...: asked by user-one, to whom the command tells that he is root.
faked() {
	local label=$1
	shift
	rm -f told /run/systemd/journal/socket
	/usr/bin/python3 -c "
import os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('/run/systemd/journal/socket')
os.chmod('/run/systemd/journal/socket', 0o666)
open('listens', 'w').write('yes')
s.settimeout(20)
open('told', 'wb').write(s.recv(65536))" 2>/dev/null &
	local listener=$!
	cat listens >/dev/null
	seen=$(wc -l <server/log)
	COMMISSIONED_AUTH_CONFIG=$CONF setpriv --reuid="$U1" --regid="$(id -g user-one)" --clear-groups "$@" /usr/bin/python3 $W/asks.py ask >out 2>&1
	tail -n 1 server/log | grep -q "\"key\":\"$P2" && ok "$label's root is not root" || bad "$label: $(tail -n 1 server/log) $(cat out)"
	wait $listener
	grep -aqx "COMMISSIONED_UID=$U1" told && ok "nor is he in the journal" || bad "the journal: $(cat told)"
}
if command -v fakeroot >/dev/null; then
	faked fakeroot fakeroot env LD_PRELOAD="$LIBRARY:libfakeroot-sysv.so"
else
	echo "skip fakeroot is not installed"
fi
# One that stands before dlsym(3) as well, as some tracers and allocators do.
cat >liar.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
uid_t geteuid(void) { return 0; }
void *dlsym(void *handle, const char *name)
{
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.27", "GLIBC_2.0"};
    static void *(*next)(void *, const char *);
    for (int i = 0; i < 5 && next == NULL; i++)
        next = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    return next(handle, name);
}
C
if cc -O2 -shared -fPIC -o liar.so liar.c -ldl 2>out; then
	faked "another library" env LD_PRELOAD="$LIBRARY:$W/liar.so"
else
	echo "skip no compiler: $(head -1 out)"
fi

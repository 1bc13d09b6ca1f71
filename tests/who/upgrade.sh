# shellcheck shell=bash disable=SC2154
# A program whose file is replaced, renamed or removed while it runs; and one that changes its root folder.
cat >asks.py <<P
import ctypes, os, pycurl, sys
def ask():
    c = pycurl.Curl()
    c.setopt(c.URL, "$APP")
    c.setopt(c.CAINFO, os.environ.get("CA", "/etc/ssl/certs/ca-certificates.crt"))
    c.setopt(c.RESOLVE, ["app.commissioned.tech:443:127.0.0.1"])
    c.setopt(c.WRITEFUNCTION, len)
    c.perform()
for word in sys.argv[1:]:
    if word == "ask": ask()
    elif word == "chroot": os.chroot("$W/jail")
    else: os.system(word)
P
mkdir opt
program=$W/opt/svc
renew() { rm -rf opt/*; cp /usr/bin/python3 opt/svc; export PYTHONHOME=/usr; }
reload="sleep 0.1; cp $CONF $W/n; echo >>$W/n; mv $W/n $CONF; sleep 0.1"
replace="cp $program $W/n; mv $W/n $program"
for change in "$replace" "$replace; $replace" "rm $program" "mv $program $program.old" \
	"mv $program $program.old; cp /usr/bin/curl $program" "rm -r $W/opt" "cp $program '$program (deleted)'; $replace"; do
	renew
	deny_for 'programs = ["@W/opt/svc"];'
	expect none "denied: $change" "$program" asks.py ask "$change" "$reload" ask
	mkdir -p opt && renew
	rule_for 'programs = ["@W/opt/svc"];'
	case $change in
	*.old*) ;; # it has another name by now
	*) expect key "ruled: $change" "$program" asks.py ask "$change" "$reload" ask ;;
	esac
	mkdir -p opt
done
renew
deny_for 'programs = ["@W/opt/svc (deleted)"];'
expect key "its own name is not what /proc shows" "$program" asks.py ask "$replace" "$reload" ask

# In its new root folder there is no /proc, and there may be another program of its name.
renew
mkdir -p "jail$W/opt" jail/etc
cp /usr/bin/curl "jail$program"
deny_for 'programs = ["@W/opt/svc"];'
expect none "denied before it changes its root folder, and after" "$program" asks.py ask chroot ask

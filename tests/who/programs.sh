# shellcheck shell=bash disable=SC2154
# A program is known by its file, whatever it is called.
mkdir -p opt link/sub
cp /usr/bin/curl opt/tool
ln -s "$W/opt/tool" link/tool
ln "$W/opt/tool" link/hard
ln -s link merged
touch link/bound
mount --bind opt/tool link/bound
cp opt/tool "opt/really (deleted)"

request=(-sS -o /dev/null "$APP")
for name in opt/tool link/tool link/hard merged/tool link/bound; do
	for run in opt/tool link/tool link/hard merged/hard link/bound; do
		deny_for "programs = [\"@W/$name\"];"
		expect none "a denial of $name is for $run" "$W/$run" "${request[@]}"
	done
	rule_for "programs = [\"@W/$name\"];"
	expect key "a rule for $name is for opt/tool" "$W/opt/tool" "${request[@]}"
	expect none "a rule for $name is not for curl" curl "${request[@]}"
done

deny_for 'programs = ["@W/merged/*"];'
expect none "a pattern below a link to a folder" "$W/link/hard" "${request[@]}"
expect none "a pattern names the link that was started" "$W/link/tool" "${request[@]}"
expect none "a pattern, and a link started by a relative name" in_folder link env -u OLDPWD PWD="$W/link" ./tool "${request[@]}"
expect key "a pattern does not name what its links lead to" "$W/opt/tool" "${request[@]}"

deny_for 'programs = ["@W/opt/really (deleted)"];'
expect none "a name that really ends so is denied" "$W/opt/really (deleted)" "${request[@]}"
expect key "the name without it is another program" "$W/opt/tool" "${request[@]}"
rule_for 'programs = ["@W/opt/really (deleted)"];'
expect key "a name that really ends so has its rule" "$W/opt/really (deleted)" "${request[@]}"
rule_for 'programs = ["@W/opt/really"];'
expect none "it is not the name without it" "$W/opt/really (deleted)" "${request[@]}"

rule_for 'programs = ["@W/absent/tool"];'
expect none "a rule for what is not there is for nobody" "$W/opt/tool" "${request[@]}"
deny_for 'programs = ["@W/absent/tool"];'
expect key "a denial of what is not there is for nobody" "$W/opt/tool" "${request[@]}"

# A program without a name, without /proc, or under a loader that was started by hand, is any program.
loader=$(ldd /usr/bin/curl | sed -n 's/.*\(\/lib[^ ]*ld-linux[^ ]*\).*/\1/p')
cat >memfd.py <<P
import os, sys
fd = os.memfd_create("curl")
os.write(fd, open("$W/opt/tool", "rb").read())
os.execve(fd, ["curl", *sys.argv[1:]], os.environ)
P
unmounted() { mount -t tmpfs none /proc && "$@"; }
export -f unmounted
nameless() {
	local wanted=$1
	expect "$wanted" "$2 without a name" /usr/bin/python3 "$W/memfd.py" "${request[@]}"
	expect "$wanted" "$2 under a loader started by hand" "$loader" /usr/bin/curl "${request[@]}"
	expect "$wanted" "$2 without /proc" unshare -m bash -c 'unmounted "$@"' - "$W/opt/tool" "${request[@]}"
}
deny_for 'programs = ["@W/other"];'
nameless none "a denial of another is for a program"
rule_for 'programs = ["@W/opt/tool", "@W/*", "/usr/bin/curl"];'
nameless none "a rule is not for a program"
policy "$one_rule"
nameless key "a rule for anybody is for a program"

# A virtual environment's python.
/usr/bin/python3 -m venv --without-pip --system-site-packages venv
printf 'import pycurl\nc = pycurl.Curl()\nc.setopt(c.URL, "%s")\nc.setopt(c.WRITEFUNCTION, len)\nc.perform()\n' "$APP" >ask.py
deny_for 'programs = ["@W/venv/bin/python"];'
expect none "a virtual environment's python is denied" "$W/venv/bin/python" "$W/ask.py"
rule_for 'programs = ["@W/venv/bin/python"];'
expect key "and has its rule" "$W/venv/bin/python" "$W/ask.py"
ln -s /usr/bin/python3 alternative
ln -sfn "$W/alternative" link/py
deny_for 'programs = ["@W/link/py"];'
expect none "a link to a link to a link is denied" /usr/bin/python3 "$W/ask.py"

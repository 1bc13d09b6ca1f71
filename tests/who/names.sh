# shellcheck shell=bash disable=SC2154
# config check says of a name that it can never match, or means more than it seems, and what to write.
mkdir app
printf '#!/bin/sh\nexec curl "$@"\n' >app/wrapper
chmod 755 app/wrapper
/usr/bin/python3 -m venv --without-pip venv
# told LABEL SETTING PATTERN: what config check says of a rule and of a denial with it, and still ends well.
told() {
	local label=$1 setting=$2 pattern=$3
	rule_for "$setting"
	COMMISSIONED_AUTH_CONFIG=$CONF commissioned-auth config check >out && grep -Eq "$pattern" out && ok "$label: rule" || bad "$label: rule: $(cat out)"
	deny_for "$setting"
	COMMISSIONED_AUTH_CONFIG=$CONF commissioned-auth config check >out && grep -Eq "$pattern" out && ok "$label: denial" || bad "$label: denial: $(cat out)"
}
told "a script" 'programs = ["@W/app/wrapper"];' 'never match.*script.*/bin/sh.*scripts'
told "git" 'programs = ["/usr/bin/git"];' 'never match.*write .*/git-remote-http$'
[ ! -e /usr/lib/apt/methods/https ] || told "apt" 'programs = ["/usr/bin/apt"];' 'never match.*write .*/apt/methods/http$'
told "a virtual environment's python" 'programs = ["@W/venv/bin/python"];' 'symbolic link to an interpreter.*/python3'
told "a program among scripts" 'scripts = ["/usr/bin/curl"];' 'never match.*programs'
told "a shell's script" 'scripts = ["@W/app/wrapper"];' 'never match.*shell.*programs'
told "a folder" 'programs = ["@W/app"];' 'never match.*folder.*write .*/app/\*'
for slip in '/opt/tool ' '/opt/{a,b}' '/opt/tool --flag' '$HOME/tool'; do
	told "a slip, $slip" "programs = [\"/opt/x${slip#/opt}\"];" 'never match.*no such file.*alone'
done
told "a slip among scripts" 'scripts = ["/opt/x.py "];' 'never match.*no such file.*alone'
printf '#!/usr/bin/env -S X=1 bash -e\ncurl\n' >app/env
told "a shell's script by env" 'scripts = ["@W/app/env"];' 'never match.*shell.*programs'
printf '#!/usr/bin/env -S X=1 python3 -u\n' >app/env.py
told "what needs no word" 'programs = ["/bin/curl", "/usr/bin/python3", "/opt/to/come", "/opt/*"]; scripts = ["@W/app/env.py", "/opt/*.py"];' '^good'
commissioned-auth explain -p /bin/curl "$APP" >out
grep -q 'real name is /usr/bin/curl' out && ok "explain tells the real name" || bad "the real name: $(cat out)"
commissioned-auth explain -p git "$APP" >out
grep -q 'asked by *.*git-remote-http' out && ok "explain asks for git's helper" || bad "git's helper: $(cat out)"
commissioned-auth explain -p ./app/wrapper "$APP" >out
grep -q 'a shell makes no request' out && ok "explain speaks of what a shell starts" || bad "a shell: $(cat out)"
deny_for 'scripts = ["/opt/x.py"];'
COMMISSIONED_AUTH_CONFIG=$CONF commissioned-auth explain -p python3 "$APP" >out
grep -q 'not known which one runs' out && ok "explain says what is not known" || bad "what is not known: $(cat out)"
deny_for 'programs = ["/opt/x"];'
COMMISSIONED_AUTH_CONFIG=$CONF commissioned-auth config show >out
grep -q '^denied by' out && bad "config show without a program speaks of a denial" || ok "config show without a program"
COMMISSIONED_AUTH_CONFIG=$CONF commissioned-auth config show -p /opt/x >out
grep -q '^denied by' out && ok "config show of a denied program" || bad "config show of a denied program: $(cat out)"
mkdir -m 700 private
deny_for 'programs = ["@W/private/x"];'
COMMISSIONED_AUTH_CONFIG=$CONF commissioned-auth config check >out
grep -q 'every program of those who may not look' out && ok "a denial that others cannot look up" || bad "a denial that others cannot look up: $(cat out)"

if ldd /usr/bin/gdb 2>/dev/null | grep -q libpython; then
	deny_for 'scripts = ["/opt/x.py"];'
	COMMISSIONED_AUTH_CONFIG=$CONF commissioned-auth explain -p gdb "$APP" >out
	[ $? = 1 ] && grep -q 'not known which one runs' out && ok "a program that is linked with an interpreter" ||
		bad "a program that is linked with an interpreter: $(cat out)"
fi

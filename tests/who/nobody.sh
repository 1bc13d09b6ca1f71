# shellcheck shell=bash disable=SC2154
# An id without a number here is shown as nobody's, and so is everybody else's: it owns nothing.
useradd -M -U mallory
curl=(curl -sS -o /dev/null "$APP")
mkdir -m 755 his
cp $K1 his/k
chown -R mallory his
# unmapped COMMAND...: in a user namespace where neither this user nor the files' has a number.
unmapped() { setpriv --reuid=4711 --regid=4711 --clear-groups unshare --user "$@"; }
export -f unmapped
CONF=$W/his/c.conf
COMMISSIONED_API_KEY=$(cat $K1)
export COMMISSIONED_API_KEY
policy 'keys = ({ name = "k"; environment = "COMMISSIONED_API_KEY"; }); rules = ({ name = "r"; key = "k"; });'
chown mallory his/c.conf
expect nothing "another user's policy in a namespace without numbers" unmapped "${curl[@]}"
grep -q nobody out && ok "the sentence speaks of nobody" || bad "the sentence: $(cat out)"

# A service that runs as nobody, whose files are his: everybody who has no number here is.
policy "keys = ({ name = \"k\"; file = \"@W/his/k\"; }); rules = ({ name = \"r\"; key = \"k\"; });"
chown -R 65534 his
chmod 600 his/k
expect nothing "nobody's own policy" setpriv --reuid=65534 --regid=65534 --clear-groups "${curl[@]}"
chown -R root his
chgrp 65534 his/k
chmod 640 his/k
chmod 644 his/c.conf
expect key "root's, which his group may read" setpriv --reuid=65534 --regid=65534 --clear-groups "${curl[@]}"

# users = ["nobody"] is the user of that number, not whoever has none.
CONF=$W/c.conf
chmod 644 $K1
policy "keys = ({ name = \"k\"; environment = \"COMMISSIONED_API_KEY\"; }); rules = ({ name = \"r\"; key = \"k\"; users = [\"nobody\"]; });"
expect key "a rule for nobody is for nobody" setpriv --reuid=65534 --regid=65534 --clear-groups "${curl[@]}"

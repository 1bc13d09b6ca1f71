#!/bin/sh
# One call of curl, as a script makes it: key and address come from the environment. The key goes
# to curl by standard input, for arguments can be read by everybody.
set -eu
echo_model=commissioned-echo-1 embed_model=commissioned-embed-1
body=$(mktemp)
trap 'rm -f "$body"' EXIT

ask() { # ask PATH [DATA]: the body to $body, the status to $status
	path=$1
	shift
	status=$(printf 'header = "Authorization: Bearer %s"\n' "$OPENAI_API_KEY" |
		curl -sS --no-buffer -K - -o "$body" -w '%{http_code}' ${1:+--json "$1"} "$OPENAI_BASE_URL$path")
	[ "$status" = 200 ] && return
	echo "HTTP $status $(sed -n 's/.*"code":"\([^"]*\)".*/\1/p' "$body")"
	exit
}
message() { printf '{"model":"%s","messages":[{"role":"user","content":"hello from the SDK"}],"stream":%s}' $echo_model "$1"; }

case $1 in
models)
	ask /models
	grep -o '"id":"[^"]*"' "$body" | cut -d'"' -f4 | paste -sd' '
	;;
chat)
	ask /chat/completions "$(message false)"
	sed 's/.*You said: \([^"]*\)".*/\1/' "$body"
	;;
stream)
	ask /chat/completions "$(message true)"
	[ "$(tail -n 2 "$body" | head -n 1)" = 'data: [DONE]' ] || { echo 'no [DONE]' && exit; }
	sed -n 's/.*"delta":{[^}]*"content":"\([^"]*\)"}.*/\1/p' "$body" | tr -d '\n' | sed 's/.*You said: //'
	echo
	;;
embedding)
	ask /embeddings "{\"model\":\"$embed_model\",\"input\":\"hello\"}"
	grep -o '"embedding":\[[^]]*\]' "$body" | cut -d'[' -f2 | tr -d ']' | tr ',' '\n' |
		awk '{ sum += $1 * $1 } END { printf "%d numbers, norm %.3f", NR, sqrt(sum) }'
	ask /embeddings "{\"model\":\"$embed_model\",\"input\":\"hello\",\"encoding_format\":\"base64\"}"
	# 256 numbers of four bytes, in base64
	[ "$(grep -o '"embedding":"[^"]*"' "$body" | cut -d'"' -f4 | base64 -d | wc -c)" = 1024 ] &&
		echo ', 1024 bytes in base64'
	;;
esac

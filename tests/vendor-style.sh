#!/bin/sh
# Calls every operation of the machine API as scripts for the vendor's cloud do: curl with a form, and
# replies that are cut at fixed offsets. Against any server: COUNTERSIGN_URL, and the credentials of an
# owner client, COUNTERSIGN_CLIENT_ID and COUNTERSIGN_CLIENT_SECRET. What it creates it deletes again.
set -eu

HOST=${COUNTERSIGN_URL:?the server, as in https://countersign.example}
ID=${COUNTERSIGN_CLIENT_ID:?the ID of an owner client}
AUTH=$(printf '%s:%s' "$ID" "${COUNTERSIGN_CLIENT_SECRET:?its secret}" | base64 | tr -d '\n')
OWNER=$AUTH
calls=0

fail() {
    echo "vendor-style: call $calls: $*" >&2
    exit 1
}

# call PATH CURL-ARGUMENT...: the reply is in $reply then.
call() {
    path=$1
    shift
    calls=$((calls + 1))
    reply=$(curl --silent --max-time 30 -X POST -H "Authorization: Basic $AUTH" "$@" "$HOST$path") ||
        fail "$path: curl ended with $?"
}

# ok PATH CURL-ARGUMENT...: it succeeds, whatever else it says.
ok() {
    call "$@"
    case $reply in
    '{'*'"stat":"ok"}') ;;
    *) fail "$1: wanted \"stat\":\"ok\", got $reply" ;;
    esac
}

# gives PATH BODY CURL-ARGUMENT...: it succeeds, and these very bytes stand before "stat".
gives() {
    operation=$1 body=$2
    shift 2
    ok "$operation" "$@"
    [ "$reply" = "{$body\"stat\":\"ok\"}" ] || fail "$operation: wanted $body, got $reply"
}

# refused CODE PATH TEXT CURL-ARGUMENT...: it fails with this code and text, in which * is anything.
refused() {
    code=$1 operation=$2 text=$3
    shift 3
    call "$operation" "$@"
    case $reply in
    '{'*'"code":'"$code"',"error_description":"'$text'"'*'"stat":"error"}') ;;
    *) fail "$operation: wanted error $code, $text, got $reply" ;;
    esac
}

# Leftovers of a run that was cut off.
ok /settings/delete_default --data-urlencode key=vendor_a
ok /settings/delete_default --data-urlencode key=vendor_b

# The application's settings.
gives /settings/set_default '"result":false,' --data-urlencode key=vendor_a --data-urlencode 'value=a & b'
gives /settings/set_default '"result":true,' --data-urlencode key=vendor_a --data-urlencode value=1
gives /settings/set_default_multi '"result":{"vendor_a":true,"vendor_b":false},' \
    --data-urlencode 'items={"vendor_a":"one","vendor_b":"two"}'
ok /settings/get_default --data-urlencode key=vendor_a
value=$(echo "$reply" | cut -c12- | sed 's/","stat":"ok"}$//')
[ "$value" = one ] || fail "/settings/get_default: wanted one, got $value"
gives /settings/get_default '"result":null,' --data-urlencode key=vendor_c

# A client of our own.
name="vendor style $$"
ok /clients/add --data-urlencode "description=$name" --data-urlencode 'features=["direct_access"]'
client=$(echo "$reply" | sed 's/^.*"client_id":"//' | cut -c1-32)
secret=$(echo "$reply" | sed 's/^.*"client_secret":"//' | cut -c1-42)
case $client in *[!a-z2-9]*) fail "/clients/add: $client is no client ID" ;; esac
refused 200 /clients/add 'description was not valid*' --data-urlencode "description=$name"
refused 100 /clients/add 'missing required argument: description' --data-urlencode type_name=user
gives /clients/set_description '' --data-urlencode "for_client_id=$client" \
    --data-urlencode "description=$name, renamed"
gives /clients/set_features '' --data-urlencode "for_client_id=$client" \
    --data-urlencode 'features=["login_client","direct_read_access"]'
gives /clients/set_whitelist '' --data-urlencode "for_client_id=$client" \
    --data-urlencode 'whitelist=["203.0.113.0/24"]'
refused 200 /clients/set_whitelist \
    'whitelist was not valid for the following reason: invalid cidr address: 10.0.0.0/33; value after slash must be 32 or less' \
    --data-urlencode "for_client_id=$client" --data-urlencode 'whitelist=["10.0.0.0/33"]'
ok /clients/list --data-urlencode 'has_features=["login_client"]'
case $reply in
*'{"whitelist":["203.0.113.0/24"],"features":["direct_read_access","login_client"],"description":"'"$name, renamed"'","client_id":"'"$client"'","client_secret":"'*) ;;
*) fail "/clients/list: $client is not listed as it should be" ;;
esac
refused 200 /clients/list \
    'has_features was not valid for the following reason: the JSON is not syntactically valid' \
    --data-urlencode has_features=login_client

# As that client: first from an address that it may not call from, then with the old and the new secret.
AUTH=$(printf '%s:%s' "$client" "$secret" | base64 | tr -d '\n')
refused 403 /settings/get_default 'this client does not have authorization for this action' \
    --data-urlencode key=vendor_a
AUTH=$OWNER
gives /clients/clear_whitelist '' --data-urlencode "for_client_id=$client"
AUTH=$(printf '%s:%s' "$client" "$secret" | base64 | tr -d '\n')
gives /settings/get_default '"result":"one",' --data-urlencode key=vendor_a
refused 403 /clients/list 'this client does not have authorization for this action'
AUTH=$OWNER
ok /clients/reset_secret --data-urlencode "for_client_id=$client" --data-urlencode hours_to_live=0
new=$(echo "$reply" | cut -c16-57)
AUTH=$(printf '%s:%s' "$client" "$secret" | base64 | tr -d '\n')
refused 402 /settings/get_default '*' --data-urlencode key=vendor_a
AUTH=$(printf '%s:%s' "$client" "$new" | base64 | tr -d '\n')
gives /settings/get_default '"result":"one",' --data-urlencode key=vendor_a
AUTH=$OWNER

# The client's settings.
gives /settings/set '"result":false,' --data-urlencode "for_client_id=$client" \
    --data-urlencode key=vendor_a --data-urlencode value=mine
gives /settings/set_multi '"result":{"vendor_a":true,"vendor_d":false},' \
    --data-urlencode "for_client_id=$client" --data-urlencode 'items={"vendor_a":"own","vendor_d":"4"}'
refused 200 /settings/set_multi 'items was not valid*' \
    --data-urlencode "for_client_id=$client" --data-urlencode 'items={"vendor_a":10}'
gives /settings/get '"result":"own",' --data-urlencode "for_client_id=$client" --data-urlencode key=vendor_a
gives /settings/get '"result":"two",' --data-urlencode "for_client_id=$client" --data-urlencode key=vendor_b
gives /settings/get_multi '"result":{"vendor_b":"two","vendor_c":null,"vendor_d":"4"},' \
    --data-urlencode "for_client_id=$client" --data-urlencode 'keys=["vendor_b","vendor_c","vendor_d"]'
ok /settings/keys --data-urlencode "for_client_id=$client"
case $reply in
'{"result":['*'"vendor_a","vendor_b","vendor_d"'*'],"stat":"ok"}') ;;
*) fail "/settings/keys: keys are missing in $reply" ;;
esac
ok /settings/items --data-urlencode "for_client_id=$client"
case $reply in
'{"result":{'*'"vendor_a":"own","vendor_b":"two","vendor_d":"4"'*'},"stat":"ok"}') ;;
*) fail "/settings/items: settings are missing in $reply" ;;
esac
ok /settings/get_all
case $reply in
'{"client_settings":{'*'"'"$client"'":{"vendor_a":"own","vendor_d":"4"}'*'},"default_settings":{'*'},"stat":"ok"}') ;;
*) fail "/settings/get_all: settings are missing in $reply" ;;
esac
refused 200 /settings/items 'for_client_id was not valid for the following reason: for_client_id is not a valid id' \
    --data-urlencode for_client_id=nobody

# Published settings.
refused 200 /settings/widget/publish 'for_client_id was not valid*' --data-urlencode "for_client_id=$client"
ok /settings/set --data-urlencode "for_client_id=$client" \
    --data-urlencode key=jump_publish_settings --data-urlencode 'value=["vendor_a","vendor_b"]'
ok /settings/widget/publish --data-urlencode "for_client_id=$client" --data-urlencode include_settings=true
version=$(echo "$reply" | cut -c41-76)
[ "$reply" = '{"results":{"janrain_settings_version":"'"$version"'","vendor_a":"own","vendor_b":"two"},"stat":"ok"}' ] ||
    fail "/settings/widget/publish: got $reply"
gives /settings/widget/get '"results":{"janrain_settings_version":"'"$version"'","vendor_a":"own","vendor_b":"two"},' \
    --data-urlencode "for_client_id=$client"
ok /settings/widget/list --data-urlencode "for_client_id=$client" --data-urlencode "version=$version"
file=$(echo "$reply" | cut -c14- | sed 's/"],"stat":"ok"}$//')
calls=$((calls + 1))
content=$(curl --silent --fail --max-time 30 "$HOST$file") || fail "$file: curl ended with $?"
[ "$content" = '{"janrain_settings_version":"'"$version"'","vendor_a":"own","vendor_b":"two"}' ] ||
    fail "$file: got $content"
ok /settings/widget/delete --data-urlencode "for_client_id=$client"
case $reply in
*"$version"*) ;;
*) fail "/settings/widget/delete: $version is missing in $reply" ;;
esac
gives /settings/widget/delete '"results":"The settings files were deleted",' \
    --data-urlencode "for_client_id=$client" --data-urlencode commit=true
gives /settings/widget/list '"results":[],' --data-urlencode "for_client_id=$client"

# All of it goes again.
gives /settings/delete '"result":true,' --data-urlencode "for_client_id=$client" --data-urlencode key=vendor_a
gives /settings/get '"result":"one",' --data-urlencode "for_client_id=$client" --data-urlencode key=vendor_a
gives /settings/delete_multi '"result":{"vendor_a":false,"vendor_d":true},' \
    --data-urlencode "for_client_id=$client" --data-urlencode 'keys=["vendor_a","vendor_d"]'
gives /clients/delete '' --data-urlencode "client_id_for_deletion=$client"
refused 200 /clients/delete \
    'client_id_for_deletion was not valid for the following reason: client_id_for_deletion is not a valid id' \
    --data-urlencode "client_id_for_deletion=$client"
gives /settings/delete_default '"result":true,' --data-urlencode key=vendor_a
gives /settings/delete_default '"result":true,' --data-urlencode key=vendor_b
gives /settings/delete_default '"result":false,' --data-urlencode key=vendor_b

echo "$calls calls, each answered as documented"

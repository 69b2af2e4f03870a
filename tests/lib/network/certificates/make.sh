#!/usr/bin/env bash
# Makes the certificates here anew. They are for tests of TLS alone; their keys are no secret.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
touch "$work/index"
echo 01 >"$work/crlnumber"
cat >"$work/config" <<END
[ca]
default_ca = own
[own]
database = $work/index
serial = $work/serial
crlnumber = $work/crlnumber
new_certs_dir = $work
default_md = sha256
policy = any
unique_subject = no
[any]
countryName = optional
organizationName = optional
commonName = supplied
END

# Name, subject, number, lines of extensions, end; what it is signed by.
make() {
    openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"
    openssl req -new -key "$1.key" -subj "$2" -out "$work/request"
    echo "$3" >"$work/serial"
    openssl ca -batch -notext -config "$work/config" -in "$work/request" -startdate 20200101000000Z -enddate "$5" \
        -extfile <(printf '%b' "$4") -out "$1.pem" "${@:6}"
}

late=21200101000000Z
by_ca=(-cert ca.pem -keyfile ca.key)
leaf="basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
head="basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
names="subjectAltName=DNS:localhost,DNS:*.example.test,IP:127.0.0.1,IP:::1\n"
make ca "/O=Sloop/CN=Sloop tests" 01 "${head}keyUsage=critical,keyCertSign,cRLSign\n" $late -selfsign -keyfile ca.key
make server "/C=XX/O=Sloop/CN=localhost" 1001 "$leaf$names" $late "${by_ca[@]}"
make client "/CN=a client" 1002 "${leaf}subjectAltName=email:client@example.test\n" $late "${by_ca[@]}"
make common "/CN=localhost" 1003 "$leaf" $late "${by_ca[@]}"
make expired "/CN=localhost" 1004 "$leaf$names" 20200102000000Z "${by_ca[@]}"
# One that vouches for itself, as `openssl req -x509` makes it.
make alone "/CN=localhost" 1005 "$head$names" $late -selfsign -keyfile alone.key
# Keys that are kept encrypted, in both formats.
openssl pkcs8 -topk8 -in server.key -v2 aes-256-cbc -passout pass:sesame -out sealed.key
openssl ec -in server.key -aes128 -passout pass:sesame -out sealed_before.key
# A server that is not to be believed any more, and the list that says so.
make revoked "/CN=localhost" 1006 "$leaf$names" $late "${by_ca[@]}"
openssl ca -config "$work/config" "${by_ca[@]}" -revoke revoked.pem
openssl ca -config "$work/config" "${by_ca[@]}" -gencrl -crl_lastupdate 20200101000000Z -crl_nextupdate $late -out list.crl
rm ca.key

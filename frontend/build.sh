#!/bin/sh
# Builds what is committed under app/{web,portal}/static. Maintainers only: make assets
set -eu
cd "$(dirname "$0")"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
run() { PATH="$PWD/node_modules/.bin:$PATH" "$@"; }
version() { node -p "require('./node_modules/$1/package.json').version"; }

# sheet NAME OUT OWN...: sass, then both directions in one, then our own layer behind it, then small.
sheet() {
    name=$1 out=$2; shift 2
    run sass --pkg-importer=node --no-source-map "$name.scss" "$made/$name.css"
    node to-logical.mjs "$made/$name.css" "$made/$name.both.css" "$made/$name.left" "$@"
    run sass --style=compressed --no-charset --no-source-map "$made/$name.both.css" "$out"
}

web=../app/web/static portal=../app/portal/static
mkdir -p "$web" "$portal"
sheet app "$web/app.css" am-both.css am.css
sheet portal "$portal/portal.css" am-both.css am-portal.css
{ sed 's/^/app: /' "$made/app.left"; sed 's/^/portal: /' "$made/portal.left"; } >unconverted.txt
run esbuild govuk.mjs --bundle --minify --format=esm --target=es2020 --charset=ascii --legal-comments=none \
    --log-level=warning --outfile="$web/govuk-frontend.min.js"
for static in "$web" "$portal"; do
    node mark.mjs "$static/favicon.png"
    printf 'User-agent: *\nDisallow: /\n' >"$static/robots.txt"
done

govuk="govuk-frontend $(version govuk-frontend)" sass="sass $(version sass)" esbuild="esbuild $(version esbuild)"
# hashes FOLDER NAME "SOURCE" ...: what `sha256sum --check` reads, and above each line where the file is from.
hashes() (
    cd "$1"; shift
    echo "# sha256sum --check ASSETS.sha256; built by frontend/build.sh"
    while [ $# -gt 0 ]; do
        echo "# $2"
        sha256sum "$1"
        shift 2
    done
)
hashes "$web" app.css "$govuk (MIT) and frontend/am-both.css, am.css; $sass" \
    app.js "our own, as it stands" \
    favicon.png "our own, frontend/mark.mjs" \
    govuk-frontend.min.js "$govuk (MIT), frontend/govuk.mjs; $esbuild" \
    keys.js "our own, as it stands" \
    robots.txt "our own" >"$made/web"
hashes "$portal" favicon.png "our own, frontend/mark.mjs" \
    portal.css "$govuk (MIT) and frontend/am-both.css, am-portal.css; $sass" \
    robots.txt "our own" >"$made/portal"
mv "$made/web" "$web/ASSETS.sha256"
mv "$made/portal" "$portal/ASSETS.sha256"
chmod 644 "$web/ASSETS.sha256" "$portal/ASSETS.sha256"
for file in "$web/app.css" "$web/govuk-frontend.min.js" "$web/app.js" "$web/keys.js" "$portal/portal.css"; do
    echo "$(gzip -9nc "$file" | wc -c) bytes gz  $file"
done

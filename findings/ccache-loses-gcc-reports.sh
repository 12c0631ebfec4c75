#!/usr/bin/env bash
# Packages: ccache 4.8+really4.7.5-1 (ccache 4.7.5) over gcc-12 12.2.0-14+deb12u1, Debian 12, x86-64.
#
# Where ccache answers from its store it writes the object file anew, and of the reports that GCC writes
# beside it some and not others: nothing is said, the exit code is 0, and the statistics count a hit.
#
#   - -fopt-info-vec-optimized=FILE, -fsave-optimization-record and -fcallgraph-info: the second time
#     there is no file. A build that reads the vectoriser's report finds none, or an old one.
#   - -fopt-info-vec-optimized without a file: the report goes to standard error, which is stored, and
#     comes again.
#   - -fstack-usage: its file comes again, as ccache knows it.
#   - -fdump-tree-vect=FILE and -save-temps: ccache knows that it cannot, and calls GCC each time.
#
# This matters to whoever keeps a compiler's remarks from an ordinary build: CCACHE_DISABLE=1 for those
# files, or the report on standard error.
#
# Seen (what there is after the first and after the second compilation, and what ccache counts then):
#
#   -fopt-info-vec-optimized=out.txt   out.txt               -            hit
#   -fopt-info-vec-optimized           standard error        the same     hit
#   -fsave-optimization-record         a.c.opt-record.json.gz  -          hit
#   -fcallgraph-info                   a.ci                  -            hit
#   -fstack-usage                      a.su                  a.su         hit
#   -fdump-tree-vect=out.txt           out.txt               out.txt      unsupported
#   -save-temps                        a.i a.s               a.i a.s      unsupported
#
# Needs Debian 12 with gcc-12 and libzstd1. Ends with code 0 while ccache does all of this, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

chmod 755 . # apt-get downloads as a user of its own
mkdir -m 777 packages
mkdir root build
(cd packages && apt-get -qq download "ccache=4.8+really4.7.5-1" "libhiredis0.14=0.14.1-3")
for package in packages/*.deb; do dpkg-deb -x "$package" root; done
ccache() { LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu "$folder/root/usr/bin/ccache" "$@"; }
export CCACHE_DIR=$folder/store CCACHE_CONFIGPATH=/dev/null

cd build
cat > a.c << 'END'
void add(float *restrict a, const float *restrict b, int n)
{
    for (int i = 0; i < n; i++)
        a[i] += b[i];
}
END

compile() { # option: "files, then lines on standard error"
    find . -type f ! -name a.c -delete
    ccache gcc-12 -O3 "$1" -c a.c -o a.o 2> ../stderr
    find . -type f ! -name 'a.[co]' -printf '%f\n' | sort | tr '\n' ' '
    wc -l < ../stderr
}

counted() {
    ccache --print-stats | awk '
        $1 ~ /^(direct|preprocessed)_cache_hit$/ { hits += $2 }
        $1 == "unsupported_compiler_option" { unsupported += $2 }
        END { print hits ? "hit" : unsupported ? "unsupported" : "miss" }'
}

failed=0
while IFS='|' read -r option expected; do
    first=$(compile "$option")
    ccache --zero-stats > /dev/null
    got="$first|$(compile "$option")|$(counted)"
    printf '%-34s %s\n' "$option" "$got"
    if [ "$got" != "$expected" ]; then
        echo "  CHANGED: expected $expected"
        failed=1
    fi
done << 'END'
-fopt-info-vec-optimized=out.txt|out.txt 0|0|hit
-fopt-info-vec-optimized|2|2|hit
-fsave-optimization-record|a.c.opt-record.json.gz 0|0|hit
-fcallgraph-info|a.ci 0|0|hit
-fstack-usage|a.su 0|a.su 0|hit
-fdump-tree-vect=out.txt|out.txt 0|out.txt 0|unsupported
-save-temps|a.i a.s 0|a.i a.s 0|unsupported
END
exit $failed

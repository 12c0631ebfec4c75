#!/usr/bin/env bash
# Package: gcc-12 12.2.0-14+deb12u1 (with cpp-12 and libgcc-12-dev of that version), Debian 12, x86-64.
#
# An option that switches fast math off again works in the compiler by its meaning, but in the linking
# driver by its spelling alone. So one command line can compile without any fast math and still link
# crtfastmath.o into a shared object, which flushes subnormal numbers to zero in the thread that loads it.
#
#   - "-Ofast -fno-fast-math" compiles without fast math, and links crtfastmath.o.
#   - "-ffast-math -fno-fast-math" does neither.
#   - "-fno-unsafe-math-optimizations" at the end does not help after -Ofast or -ffast-math, though it is
#     -funsafe-math-optimizations that the manual names as the option with an effect on linking.
#   - What undoes -Ofast in both is a later -O of any level; it undoes no -ffast-math.
#
# This matters to whoever appends options to a user's CFLAGS, as build tools of Python packages do: they
# pass them to the linking command too.
#
# Seen (fast math in the compiler, crtfastmath.o in the link, half of the least normal number after
# loading):
#
#   -Ofast                                                       on   linked  0.0
#   -Ofast -fno-fast-math                                        off  linked  0.0
#   -Ofast -fno-unsafe-math-optimizations                        off  linked  0.0
#   -Ofast -O2                                                   off  -       1.1125369292536007e-308
#   -ffast-math                                                  on   linked  0.0
#   -ffast-math -fno-fast-math                                   off  -       1.1125369292536007e-308
#   -ffast-math -fno-unsafe-math-optimizations                   off  linked  0.0
#   -ffast-math -O2                                              on   linked  0.0
#   -funsafe-math-optimizations -fno-fast-math                   off  linked  0.0
#   -funsafe-math-optimizations -fno-unsafe-math-optimizations   off  -       1.1125369292536007e-308
#
# Needs Debian 12 with binutils, libc6-dev, GCC's own libraries (any gcc package brings them) and python3.
# Ends with code 0 while GCC does all of this, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

version=12.2.0-14+deb12u1
chmod 755 . # apt-get downloads as a user of its own
mkdir -m 777 packages
mkdir root
(cd packages && apt-get -qq download "gcc-12=$version" "cpp-12=$version" "libgcc-12-dev=$version")
for package in packages/*.deb; do dpkg-deb -x "$package" root; done
gcc=$folder/root/usr/bin/x86_64-linux-gnu-gcc-12

printf 'int answer(void) { return 42; }\n' > empty.c
"$gcc" -fPIC -c empty.c -o empty.o

after_loading='
import ctypes, sys
ctypes.CDLL("./shared.so")
print(sys.float_info.min / 2)
'

seen() { # options: "on|off linked|- number"
    local compiled=off linked=- half
    # -funsafe-math-optimizations is what all of them switch. (To a file first: with pipefail, a grep that
    # leaves early would count as a failure.)
    "$gcc" $1 -Q --help=common > switches
    if grep -q -e '-funsafe-math-optimizations.*\[enabled\]' switches; then compiled=on; fi
    "$gcc" $1 -shared empty.o -o shared.so '-###' 2> commands
    if grep -q crtfastmath commands; then linked=linked; fi
    "$gcc" $1 -shared empty.o -o shared.so
    half=$(python3 -c "$after_loading")
    echo "$compiled $linked $half"
}

kept=1.1125369292536007e-308
failed=0
while IFS='|' read -r options expected; do
    got=$(seen "$options")
    printf '%-60s %s\n' "$options" "$got"
    if [ "$got" != "$expected" ]; then
        echo "  CHANGED: expected $expected"
        failed=1
    fi
done << END
-Ofast|on linked 0.0
-Ofast -fno-fast-math|off linked 0.0
-Ofast -fno-unsafe-math-optimizations|off linked 0.0
-Ofast -O2|off - $kept
-ffast-math|on linked 0.0
-ffast-math -fno-fast-math|off - $kept
-ffast-math -fno-unsafe-math-optimizations|off linked 0.0
-ffast-math -O2|on linked 0.0
-funsafe-math-optimizations -fno-fast-math|off linked 0.0
-funsafe-math-optimizations -fno-unsafe-math-optimizations|off - $kept
END
exit $failed

#!/usr/bin/env bash
# Package: GCC 12.2.0, of Debian 12; no other flags than -O3 -fno-math-errno.
#
# pow(x, 0.5) of a double is 0 for -0.0 and infinity for minus infinity (C17, F.10.4.4), where sqrt(x) is -0.0 and
# NaN. GCC keeps the difference where it compiles one call. But a loop of such calls that it vectorises becomes a
# loop of square roots, though no flag allows it to forget signed zeros or infinities: all whole vectors
# then have the square root's results, and the elements that are left over at the end those of pow. So
# what an element gives depends on its place.
#
# Seen, with AVX2 and five elements that are alike:
#
#   one call: 0 inf
#   five of -0.0: -0 -0 -0 -0 0
#   five of -inf: nan nan nan nan inf
#
# Needs GCC on x86-64. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > roots.c << 'END'
#include <math.h>

double root(double x) { return pow(x, 0.5); }

void roots(const double *restrict x, double *restrict to, long n) {
    for (long i = 0; i < n; i++) to[i] = pow(x[i], 0.5);
}
END
cat > look.c << 'END'
#include <math.h>
#include <stdio.h>

double root(double x);
void roots(const double *restrict x, double *restrict to, long n);

static void five(const char *name, double value) {
    double x[5] = {value, value, value, value, value}, to[5];
    roots(x, to, 5);
    printf("five of %s:", name);
    for (int i = 0; i < 5; i++) printf(isnan(to[i]) ? " nan" : " %g", to[i]);
    printf("\n");
}

int main(void) {
    printf("one call: %g %g\n", root(-0.0), root(-INFINITY));
    five("-0.0", -0.0);
    five("-inf", -INFINITY);
}
END
gcc -O3 -fno-math-errno -march=x86-64-v3 -c roots.c
gcc -w look.c roots.o -lm -o look
./look | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
one call: 0 inf
five of -0.0: -0 -0 -0 -0 0
five of -inf: nan nan nan nan inf
END

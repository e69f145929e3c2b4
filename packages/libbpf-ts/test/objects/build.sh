#!/bin/sh
# Rebuilds the test objects beside this script; see README.md.
set -eu
cd "$(dirname "$0")"
for source in *.bpf.c; do
	object="${source%.c}.o"
	endian=bpfel
	case "$source" in *big*) endian=bpfeb ;; esac
	clang-19 -O2 -g -target "$endian" -mcpu=v3 -Wall -Werror -I"/usr/include/$(uname -m)-linux-gnu" \
		-ffile-prefix-map="$PWD"=. -fdebug-compilation-dir=. -c "$source" -o "$object"
	llvm-strip-19 -g "$object"
done

/* CPython's own pyconfig.h for 64-bit Windows, as far as its headers ask: enough to check the syntax
   of an extension module with a compiler for Windows, without a Python for it. */
#ifndef Py_CONFIG_H
#define Py_CONFIG_H
#include <stdint.h>
#include <io.h>
#define MS_WINDOWS
#define MS_WIN32
#define MS_WIN64
#define NT_THREADS
#define HAVE_DECLSPEC_DLL
#define Py_ENABLE_SHARED
#define WITH_THREAD
#define SIZEOF_SHORT 2
#define SIZEOF_INT 4
#define SIZEOF_LONG 4
#define SIZEOF_LONG_LONG 8
#define SIZEOF_VOID_P 8
#define SIZEOF_SIZE_T 8
#define SIZEOF_TIME_T 8
#define SIZEOF_WCHAR_T 2
#define SIZEOF_PID_T 4
#define ALIGNOF_MAX_ALIGN_T 8
#define PY_SSIZE_T_MAX INT64_MAX
#define HAVE_PY_SSIZE_T
typedef int64_t Py_ssize_t;
#define HAVE_STDDEF_H
#define HAVE_ERRNO_H
#define HAVE_SYS_STAT_H
#define PLATLIBDIR "lib"
#endif

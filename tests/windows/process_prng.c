/* The part of `bcryptprimitives.dll` that Rust's standard library calls, for Wine 8, which does not have this library.
 * Built into the Wine prefix of the tests and nowhere else: Windows 10 and 11 have their own. */
#include <windows.h>
#include <ntsecapi.h>

BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return RtlGenRandom(data, (ULONG)length);
}

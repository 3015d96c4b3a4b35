// What Rust's standard library asks bcryptprimitives.dll for, which Wine 8 has not got. For tests under Wine alone.
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(void *bytes, ULONG count); // RtlGenRandom of advapi32.dll

__declspec(dllexport) BOOL WINAPI ProcessPrng(unsigned char *bytes, SIZE_T count) {
  return SystemFunction036(bytes, (ULONG)count);
}

/* Stands in for the Python launcher `py`, which only the installer of python.org brings: takes `-3` as its first
   argument and starts the Python in PYTHON with the rest of the command line as it is. */
#include <stdio.h>
#include <windows.h>

int main(void)
{
    static wchar_t line[32768];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = 103;
    wchar_t *rest = wcsstr(GetCommandLineW(), L" -3 ");

    if (rest == NULL || swprintf(line, sizeof line / sizeof *line, L"\"%ls\" %ls", PYTHON, rest + 4) < 0) {
        fputs("expected -3 first\n", stderr);
        return code;
    }
    if (!CreateProcessW(PYTHON, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return code;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return code;
}

/* Loads a library as Godot does, and finds its entry function. */

#include <stdio.h>
#include <windows.h>

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "one argument is needed: the library\n");
        return 2;
    }
    HMODULE library = LoadLibraryA(arguments[1]);
    if (library == NULL) {
        fprintf(stderr, "%s does not load: error %lu\n", arguments[1], GetLastError());
        return 1;
    }
    if (GetProcAddress(library, "gdext_rust_init") == NULL) {
        fprintf(stderr, "gdext_rust_init was not found: error %lu\n", GetLastError());
        return 1;
    }
    if (!FreeLibrary(library)) {
        fprintf(stderr, "the library does not unload: error %lu\n", GetLastError());
        return 1;
    }
    puts("loaded, gdext_rust_init found, unloaded");
    return 0;
}

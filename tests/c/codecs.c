/* The range coder of the C library, timed from outside; see tests/bench/compression/stock.rs.
 *
 * codecs <file>...
 *
 * A file holds datagrams, each preceded by its size in two bytes, little-endian. A line on stdin has a
 * task, a mode (ignored: there is only one here), the index of a file, and a number of passes; the answer
 * is one line. The task "plain" is an empty pass over the datagrams.
 */
#include <enet/enet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST 4096
#define MOST 2048

struct set {
	size_t count;
	size_t sizes[MOST], packed_sizes[MOST];
	unsigned char plain[MOST][LARGEST], packed[MOST][LARGEST];
};

static unsigned char room[LARGEST];

static void fail(const char *why)
{
	fprintf(stderr, "codecs: %s\n", why);
	exit(1);
}

static void load(struct set *set, const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned char size[2];
	if (file == NULL)
		fail("no such file");
	while (fread(size, 1, 2, file) == 2) {
		size_t count = size[0] | size[1] << 8;
		if (set->count == MOST || count > LARGEST)
			fail("too much");
		if (fread(set->plain[set->count], 1, count, file) != count)
			fail("a file that ends too early");
		set->sizes[set->count++] = count;
	}
	fclose(file);
}

/* Compresses a datagram as an ENet host does. Returns 0 if it does not become smaller: a host would send
 * it uncompressed. */
static size_t pack(void *coder, const struct set *set, size_t at, unsigned char *into)
{
	ENetBuffer buffer = {.data = (void *)set->plain[at], .dataLength = set->sizes[at]};
	size_t size = enet_range_coder_compress(coder, &buffer, 1, set->sizes[at], into,
						set->sizes[at]);
	return size < set->sizes[at] ? size : 0;
}

static size_t unpack(void *coder, const struct set *set, size_t at)
{
	return enet_range_coder_decompress(coder, set->packed[at], set->packed_sizes[at], room,
					   sizeof room);
}

/* Compresses all datagrams into memory, checks that they decompress to the originals, and prints the
 * number of bytes to send and the FNV-1a hash of the compressed datagrams. */
static void prepare(void *coder, struct set *set)
{
	unsigned long long bytes = 0, hash = 0xcbf29ce484222325ULL;
	for (size_t at = 0; at < set->count; at++) {
		size_t size = set->packed_sizes[at] = pack(coder, set, at, set->packed[at]);
		bytes += size > 0 ? size : set->sizes[at];
		for (size_t byte = 0; byte < size; byte++)
			hash = (hash ^ set->packed[at][byte]) * 0x100000001b3ULL;
		if (size > 0 && (unpack(coder, set, at) != set->sizes[at] ||
				 memcmp(room, set->plain[at], set->sizes[at]) != 0))
			fail("a datagram does not come back");
	}
	printf("ok %llu %llu\n", bytes, hash);
}

int main(int count, char **words)
{
	struct set *sets = calloc(count, sizeof *sets);
	void *coder = enet_range_coder_create();
	char task[16];
	int number, times;
	if (sets == NULL || coder == NULL)
		fail("no memory");
	for (int at = 1; at < count; at++)
		load(&sets[at], words[at]);
	printf("ok\n");
	fflush(stdout);
	while (scanf("%15s %*d %d %d", task, &number, &times) == 3) {
		struct set *set = &sets[number + 1];
		size_t sum = 0;
		if (number < 0 || number + 1 >= count)
			fail("no such file");
		if (strcmp(task, "prepare") == 0) {
			prepare(coder, set);
			fflush(stdout);
			continue;
		}
		for (int turn = 0; turn < times; turn++)
			for (size_t at = 0; at < set->count; at++)
				if (strcmp(task, "pack") == 0)
					sum += pack(coder, set, at, room);
				else if (strcmp(task, "unpack") == 0 && set->packed_sizes[at] > 0)
					sum += unpack(coder, set, at);
		printf("ok %zu\n", sum);
		fflush(stdout);
	}
	return 0;
}

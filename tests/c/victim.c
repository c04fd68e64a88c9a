/* A host of the C library under attack; tests/bench/attacks.rs runs the same role on the other
 * implementations.
 *
 * victim <slots> <coder 0|1>       prints its port
 * The command "pump" receives all pending datagrams. The answer: nanoseconds of CPU time, resident KiB,
 * address space in KiB, packets, their bytes, connections and disconnections, with counts since the last
 * command.
 */
#define _GNU_SOURCE
#include <enet/enet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long long cpu_time(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void answer(ENetHost *host)
{
	long pages = 0, resident = 0, packets = 0, bytes = 0, connects = 0, disconnects = 0;
	enet_uint32 taken;
	long long begun = cpu_time(), spent;
	FILE *file;

	do {
		ENetEvent event;
		taken = host->totalReceivedPackets;
		while (enet_host_service(host, &event, 0) > 0) {
			connects += event.type == ENET_EVENT_TYPE_CONNECT;
			disconnects += event.type == ENET_EVENT_TYPE_DISCONNECT;
			if (event.type == ENET_EVENT_TYPE_RECEIVE) {
				packets++;
				bytes += event.packet->dataLength;
				enet_packet_destroy(event.packet);
			}
		}
	} while (host->totalReceivedPackets != taken);
	spent = cpu_time() - begun;
	file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (file != NULL)
		fclose(file);
	printf("%lld %ld %ld %ld %ld %ld %ld\n", spent, resident * 4, pages * 4, packets, bytes,
	       connects, disconnects);
	fflush(stdout);
}

int main(int count, char **words)
{
	ENetAddress address = {.host = ENET_HOST_ANY, .port = 0};
	ENetHost *host = NULL;
	char line[32];

	if (count == 3 && enet_initialize() == 0)
		host = enet_host_create(&address, strtoul(words[1], NULL, 10), 255, 0, 0);
	if (host == NULL || enet_socket_get_address(host->socket, &address) < 0 ||
	    (words[2][0] == '1' && enet_host_compress_with_range_coder(host) < 0)) {
		fprintf(stderr, "victim: no host\n");
		return 1;
	}
	printf("%d\n", address.port);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "pump\n") == 0)
		answer(host);
	enet_host_destroy(host);
	return 0;
}

/* One side of the socket benchmark on the C library: a server, or a process with many clients.
 *
 * bench server <slots> <bytes> <reliable|unreliable>
 * bench clients <port> <clients> <sockets> <bytes> <reliable|unreliable>
 *
 * Each line on stdin is a command, and the answer is one line. tests/bench/sockets.rs runs the same
 * roles on enet_net. Times are CPU times of this thread in nanoseconds.
 */
#define _GNU_SOURCE
#include <enet/enet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t size;
static enet_uint32 flags;
static unsigned char bytes[1 << 20];

static long long cpu_time(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long resident_kib(void)
{
	long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (file != NULL)
		fclose(file);
	return resident * 4;
}

static void fail(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(1);
}

static void send_one(ENetPeer *peer)
{
	ENetPacket *packet = enet_packet_create(bytes, size, flags);
	if (packet == NULL || enet_peer_send(peer, 0, packet) < 0)
		fail("a packet was not queued");
}

static void serve(size_t slots)
{
	ENetAddress address = {.host = ENET_HOST_ANY, .port = 0};
	ENetHost *host = enet_host_create(&address, slots, 255, 0, 0);
	char command[32];
	long number;
	int connected = 0;
	if (host == NULL || enet_socket_get_address(host->socket, &address) < 0)
		fail("no host");
	printf("%d\n", address.port);
	fflush(stdout);
	while (scanf("%31s %ld %*d", command, &number) == 2) {
		ENetEvent event;
		long received = 0;
		int dry = 0;
		long long begun = cpu_time(), spent;
		if (strcmp(command, "pump") == 0) {
			/* Handles all pending datagrams. */
			while (enet_host_service(host, &event, 0) > 0)
				connected += event.type == ENET_EVENT_TYPE_CONNECT;
			received = connected;
		} else if (strcmp(command, "tick") == 0) {
			/* Receives `number` packets and answers each. All packets have been sent, so a
			 * missing one was dropped by a throttle. */
			while (received < number && dry++ < 3) {
				while (enet_host_service(host, &event, 0) > 0) {
					if (event.type != ENET_EVENT_TYPE_RECEIVE)
						continue;
					send_one(event.peer);
					enet_packet_destroy(event.packet);
					received++;
					dry = 0;
				}
			}
			enet_host_flush(host);
		} else if (strcmp(command, "idle") == 0) {
			for (long call = 0; call < number; call++)
				while (enet_host_service(host, &event, 0) > 0)
					;
		} else if (strcmp(command, "queue") == 0) {
			/* The first peer will not acknowledge them. */
			for (long packet = 0; packet < number; packet++)
				send_one(&host->peers[0]);
		} else if (strcmp(command, "flush") == 0) {
			for (long call = 0; call < number; call++)
				enet_host_flush(host);
		} else if (strcmp(command, "memory") == 0) {
			received = resident_kib();
		} else {
			fail("no such command");
		}
		spent = cpu_time() - begun;
		printf("%ld %lld\n", received, spent);
		fflush(stdout);
	}
	enet_host_destroy(host);
}

static void play(int port, int clients, int sockets)
{
	ENetHost **hosts = calloc(sockets, sizeof *hosts);
	ENetPeer **peers = calloc(clients, sizeof *peers);
	ENetAddress address = {.port = port};
	char command[32];
	long number;
	int begun = 0, first, group = size > 1000 ? 4 : 32;
	enet_address_set_host_ip(&address, "127.0.0.1");
	for (int index = 0; index < sockets; index++) {
		hosts[index] = enet_host_create(NULL, clients / sockets, 255, 0, 0);
		if (hosts[index] == NULL)
			fail("no host");
	}
	printf("0\n");
	fflush(stdout);
	while (scanf("%31s %ld %d", command, &number, &first) == 3) {
		ENetEvent event;
		long received = 0;
		int is_tick = strcmp(command, "tick") == 0;
		/* In a tick, only as many clients send as the server's socket buffer can hold. */
		int from = is_tick ? first : 0;
		int end = is_tick && first + group < sockets ? first + group : sockets;
		if (strcmp(command, "connect") == 0) {
			/* `number` more clients begin to connect. */
			for (int end = begun + number; begun < end; begun++) {
				ENetHost *host = hosts[begun % sockets];
				peers[begun] = enet_host_connect(host, &address, 3, 7);
				if (peers[begun] == NULL)
					fail("no slot");
			}
		}
		/* A lower throttle would drop packets that are to be measured. */
		if (strcmp(command, "calm") == 0)
			for (int index = 0; index < clients; index++)
				enet_peer_throttle_configure(peers[index], 5000, 32, 0);
		for (int index = from; index < end; index++)
			while (enet_host_service(hosts[index], &event, 0) > 0) {
				if (event.type != ENET_EVENT_TYPE_RECEIVE)
					continue;
				enet_packet_destroy(event.packet);
				received++;
			}
		for (int index = from; is_tick && index < end; index++) {
			for (long packet = 0; packet < number; packet++)
				send_one(peers[index]);
			enet_host_flush(hosts[index]);
		}
		printf("%ld 0\n", received);
		fflush(stdout);
	}
}

int main(int count, char **words)
{
	int is_server = count > 1 && strcmp(words[1], "server") == 0;
	if (enet_initialize() != 0 || count != (is_server ? 5 : 7))
		fail("bad arguments");
	size = strtoul(words[count - 2], NULL, 10);
	if (size > sizeof bytes)
		fail("packets too large");
	flags = strcmp(words[count - 1], "reliable") == 0
		? ENET_PACKET_FLAG_RELIABLE
		: ENET_PACKET_FLAG_UNSEQUENCED | ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT;
	memset(bytes, 0x5A, sizeof bytes);
	if (is_server)
		serve(strtoul(words[2], NULL, 10));
	else
		play(atoi(words[2]), atoi(words[3]), atoi(words[4]));
	return 0;
}

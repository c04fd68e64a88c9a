/* A host of the C library for tests. The program reads commands from stdin, one per line, and answers
 * each on stdout. The host is only serviced by a command, so that a test runs in lockstep with it.
 *
 *   version                                              ok <version of the linked library>
 *   host <port> <max peers> <max channels> <coder 0|1> <checksum 0|1>
 *                                                        ok <port>; port 0 lets the system choose
 *   connect <ip> <port> <channels> <data>                ok <slot>
 *   send <slot> <channel> <flags> <size> <seed>          ok; flags are ENet's bits
 *   service <milliseconds>                               the events in order, then done:
 *       connected <slot> <data>
 *       disconnected <slot> <data>
 *       received <slot> <channel> <flags> <size> <CRC-32 of the content>
 *   disconnect <slot> <data> <now|later|acked|reset>     ok
 *   stats <slot>                                         ok <name>=<number> ...
 *   throttle <slot> <interval> <acceleration> <deceleration>     ok
 *   ping_interval <slot> <milliseconds>                  ok
 *   timeout <slot> <limit> <minimum> <maximum>           ok
 *   bandwidth <in> <out>                                 ok
 *   quit
 *
 * The answer to a command that fails is "error <why>". All numbers are decimal.
 *
 * The content of a sent packet is a stream of Marsaglia's xorshift32 with the shifts 13, 17 and 5. The
 * seed is the initial state (2654435769 for a seed of 0), and each step yields the low byte of the
 * state. With a seed of 2^31 or more only the two lowest bits of each byte are kept, so that the range
 * coder can compress the packet.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <enet/enet.h>
#include <enet/time.h>

enum { MAX_WORDS = 8, LINE_SIZE = 256 };

static ENetHost *host = NULL;

static void fail(const char *why)
{
	printf("error %s\n", why);
}

/* Parses a whole word as a number, so that "12x" and "-1" are rejected. */
static int read_number(const char *word, uint32_t max, uint32_t *number)
{
	char *end;
	unsigned long long value;

	if (word[0] < '0' || word[0] > '9')
		return 0;
	errno = 0;
	value = strtoull(word, &end, 10);
	if (errno != 0 || *end != '\0' || value > max)
		return 0;
	*number = (uint32_t)value;
	return 1;
}

/* Parses `count` words as 32-bit numbers. */
static int read_numbers(char **words, int count, uint32_t *numbers)
{
	for (int i = 0; i < count; i++)
		if (!read_number(words[i], UINT32_MAX, &numbers[i]))
			return 0;
	return 1;
}

static ENetPeer *read_peer(const char *word)
{
	uint32_t slot;

	if (host == NULL || !read_number(word, UINT32_MAX, &slot) || slot >= host->peerCount)
		return NULL;
	return &host->peers[slot];
}

/* Parses a slot and then `count` numbers; answers with an error if that fails. */
static ENetPeer *read_peer_and_numbers(char **words, int count, uint32_t *numbers)
{
	ENetPeer *peer = read_peer(words[0]);

	if (peer != NULL && read_numbers(words + 1, count, numbers))
		return peer;
	fail("no such peer, or no number");
	return NULL;
}

static unsigned slot_of(const ENetPeer *peer)
{
	return (unsigned)(peer - host->peers);
}

static void fill(enet_uint8 *data, size_t size, uint32_t seed)
{
	uint32_t state = seed != 0 ? seed : UINT32_C(2654435769);
	uint32_t kept = seed >> 31 != 0 ? 3 : 255;

	for (size_t i = 0; i < size; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		data[i] = (enet_uint8)(state & kept);
	}
}

static void do_version(char **words)
{
	ENetVersion version = enet_linked_version();

	(void)words;
	printf("ok %d.%d.%d\n", (int)ENET_VERSION_GET_MAJOR(version),
	       (int)ENET_VERSION_GET_MINOR(version), (int)ENET_VERSION_GET_PATCH(version));
}

static void do_host(char **words)
{
	uint32_t port, peers, channels, coder, checksum;
	ENetAddress address;

	if (!read_number(words[0], UINT16_MAX, &port) ||
	    !read_number(words[1], ENET_PROTOCOL_MAXIMUM_PEER_ID, &peers) ||
	    !read_number(words[2], ENET_PROTOCOL_MAXIMUM_CHANNEL_COUNT, &channels) ||
	    !read_number(words[3], 1, &coder) || !read_number(words[4], 1, &checksum)) {
		fail("a number is missing or too large");
		return;
	}
	if (host != NULL)
		enet_host_destroy(host);
	address.host = ENET_HOST_ANY;
	address.port = (enet_uint16)port;
	host = enet_host_create(&address, peers, channels, 0, 0);
	if (host == NULL) {
		fail("no host could be made");
		return;
	}
	if (coder && enet_host_compress_with_range_coder(host) < 0) {
		fail("no range coder could be made");
		return;
	}
	if (checksum)
		host->checksum = enet_crc32;
	/* For port 0, only the socket knows which port the system chose. */
	if (enet_socket_get_address(host->socket, &address) < 0) {
		fail("the port is unknown");
		return;
	}
	printf("ok %u\n", (unsigned)address.port);
}

static void do_connect(char **words)
{
	ENetAddress address;
	ENetPeer *peer;
	uint32_t port, numbers[2];

	if (enet_address_set_host_ip(&address, words[0]) < 0) {
		fail("no address");
		return;
	}
	if (!read_number(words[1], UINT16_MAX, &port) || !read_numbers(words + 2, 2, numbers)) {
		fail("no number");
		return;
	}
	address.port = (enet_uint16)port;
	peer = host != NULL ? enet_host_connect(host, &address, numbers[0], numbers[1]) : NULL;
	if (peer == NULL)
		fail("no free slot");
	else
		printf("ok %u\n", slot_of(peer));
}

static void do_send(char **words)
{
	uint32_t numbers[4];
	ENetPeer *peer = read_peer_and_numbers(words, 4, numbers);
	ENetPacket *packet;

	if (peer == NULL)
		return;
	if (numbers[0] > UINT8_MAX) {
		fail("no such channel");
		return;
	}
	packet = enet_packet_create(NULL, numbers[2], numbers[1]);
	if (packet == NULL) {
		fail("no memory");
		return;
	}
	fill(packet->data, packet->dataLength, numbers[3]);
	if (enet_peer_send(peer, (enet_uint8)numbers[0], packet) < 0) {
		enet_packet_destroy(packet);
		fail("refused");
		return;
	}
	printf("ok\n");
}

static void show_event(const ENetEvent *event)
{
	ENetBuffer content;
	unsigned slot = slot_of(event->peer);

	switch (event->type) {
	case ENET_EVENT_TYPE_CONNECT:
		printf("connected %u %u\n", slot, event->data);
		break;
	case ENET_EVENT_TYPE_DISCONNECT:
		printf("disconnected %u %u\n", slot, event->data);
		break;
	case ENET_EVENT_TYPE_RECEIVE:
		content.data = event->packet->data;
		content.dataLength = event->packet->dataLength;
		printf("received %u %u %u %zu %u\n", slot, (unsigned)event->channelID,
		       event->packet->flags, event->packet->dataLength,
		       /* ENet returns the CRC in network byte order. */
		       ENET_NET_TO_HOST_32(enet_crc32(&content, 1)));
		enet_packet_destroy(event->packet);
		break;
	case ENET_EVENT_TYPE_NONE:
		break;
	}
}

static void do_service(char **words)
{
	ENetEvent event;
	uint32_t limit;
	enet_uint32 end, now;
	int happened;

	if (host == NULL || !read_number(words[0], 60000, &limit)) {
		fail("no host, or no number");
		return;
	}
	end = enet_time_get() + limit;
	do {
		now = enet_time_get();
		happened = enet_host_service(host, &event, ENET_TIME_LESS(now, end) ? end - now : 0);
		if (happened > 0)
			show_event(&event);
	} while (happened >= 0 && ENET_TIME_LESS(enet_time_get(), end));
	/* Takes the pending events without receiving more: a steady stream of datagrams must not keep
	 * this loop running. */
	while (happened >= 0 && (happened = enet_host_check_events(host, &event)) > 0)
		show_event(&event);
	if (happened < 0)
		fail("the socket failed");
	enet_host_flush(host);
	printf("done\n");
}

static void do_disconnect(char **words)
{
	uint32_t data;
	ENetPeer *peer = read_peer_and_numbers(words, 1, &data);

	if (peer == NULL)
		return;
	if (strcmp(words[2], "now") == 0)
		enet_peer_disconnect_now(peer, data);
	else if (strcmp(words[2], "later") == 0)
		enet_peer_disconnect_later(peer, data);
	else if (strcmp(words[2], "acked") == 0)
		enet_peer_disconnect(peer, data);
	else if (strcmp(words[2], "reset") == 0)
		enet_peer_reset(peer);
	else {
		fail("no such way to disconnect");
		return;
	}
	printf("ok\n");
}

#define SHOW(field) printf(" " #field "=%lu", (unsigned long)peer->field)

static void do_stats(char **words)
{
	const ENetPeer *peer = read_peer(words[0]);

	if (peer == NULL) {
		fail("no such peer");
		return;
	}
	printf("ok");
	SHOW(state);
	SHOW(channelCount);
	SHOW(incomingBandwidth);
	SHOW(outgoingBandwidth);
	SHOW(incomingDataTotal);
	SHOW(outgoingDataTotal);
	SHOW(packetsSent);
	SHOW(packetsLost);
	SHOW(packetLoss);
	SHOW(packetLossVariance);
	SHOW(packetThrottle);
	SHOW(packetThrottleLimit);
	SHOW(packetThrottleAcceleration);
	SHOW(packetThrottleDeceleration);
	SHOW(packetThrottleInterval);
	SHOW(pingInterval);
	SHOW(timeoutLimit);
	SHOW(timeoutMinimum);
	SHOW(timeoutMaximum);
	SHOW(lastRoundTripTime);
	SHOW(lowestRoundTripTime);
	SHOW(lastRoundTripTimeVariance);
	SHOW(highestRoundTripTimeVariance);
	SHOW(roundTripTime);
	SHOW(roundTripTimeVariance);
	SHOW(mtu);
	SHOW(windowSize);
	SHOW(reliableDataInTransit);
	SHOW(totalWaitingData);
	printf("\n");
}

static void do_throttle(char **words)
{
	uint32_t numbers[3];
	ENetPeer *peer = read_peer_and_numbers(words, 3, numbers);

	if (peer == NULL)
		return;
	enet_peer_throttle_configure(peer, numbers[0], numbers[1], numbers[2]);
	printf("ok\n");
}

static void do_ping_interval(char **words)
{
	uint32_t interval;
	ENetPeer *peer = read_peer_and_numbers(words, 1, &interval);

	if (peer == NULL)
		return;
	enet_peer_ping_interval(peer, interval);
	printf("ok\n");
}

static void do_timeout(char **words)
{
	uint32_t numbers[3];
	ENetPeer *peer = read_peer_and_numbers(words, 3, numbers);

	if (peer == NULL)
		return;
	enet_peer_timeout(peer, numbers[0], numbers[1], numbers[2]);
	printf("ok\n");
}

static void do_bandwidth(char **words)
{
	uint32_t numbers[2];

	if (host == NULL || !read_numbers(words, 2, numbers)) {
		fail("no host, or no number");
		return;
	}
	enet_host_bandwidth_limit(host, numbers[0], numbers[1]);
	printf("ok\n");
}

static const struct {
	const char *name;
	int words;
	void (*run)(char **words);
} commands[] = {
	{"version", 0, do_version},
	{"host", 5, do_host},
	{"connect", 4, do_connect},
	{"send", 5, do_send},
	{"service", 1, do_service},
	{"disconnect", 3, do_disconnect},
	{"stats", 1, do_stats},
	{"throttle", 4, do_throttle},
	{"ping_interval", 2, do_ping_interval},
	{"timeout", 4, do_timeout},
	{"bandwidth", 2, do_bandwidth},
};

static void run(char *line)
{
	char *words[MAX_WORDS];
	int count = 0;

	for (char *word = strtok(line, " \t\r\n"); word != NULL && count < MAX_WORDS;
	     word = strtok(NULL, " \t\r\n"))
		words[count++] = word;
	for (size_t i = 0; count > 0 && i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(words[0], commands[i].name) != 0)
			continue;
		if (count == 1 + commands[i].words)
			commands[i].run(words + 1);
		else
			fail("wrong number of words");
		return;
	}
	fail("no such command");
}

int main(void)
{
	char line[LINE_SIZE];

	if (enet_initialize() != 0)
		return EXIT_FAILURE;
	while (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "quit\n") != 0) {
		run(line);
		fflush(stdout);
	}
	if (host != NULL)
		enet_host_destroy(host);
	enet_deinitialize();
	return EXIT_SUCCESS;
}

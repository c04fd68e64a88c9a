-- Wireshark dissector of ENet 1.3 and of what Godot sends over it.
--
-- One file, so that installing it is one copy. It runs on the Lua 5.2 of Wireshark 3 and 4.0 as well as on later ones, so it
-- uses no operators of later Luas. Its parts: sequence of bytes, codecs, ENet's commands, state of a capture, Godot's values,
-- Godot's messages, the datagram, finding ENet among other traffic.
--
-- Wireshark calls a dissector for the same datagram again and again, in any order. Whatever depends on earlier datagrams is
-- therefore worked out on the first pass and remembered by datagram (see `Visit`).

local enet = Proto("enet", "ENet")
local godot = Proto("godot", "Godot Multiplayer")

local AUTOMATIC, PLAIN = 0, 1
local GODOT_4, GODOT_3, NO_GODOT = 4, 3, 0

enet.prefs.ports = Pref.range("UDP ports", "", "Ports whose datagrams are always taken for ENet; the others are recognized", 65535)
enet.prefs.checksum = Pref.bool("Datagrams have a checksum", false, "Four bytes of CRC32 behind the header; Godot never sends them")
enet.prefs.suffix = Pref.string(
	"Suffixes", "", "The bytes behind each datagram on the way to a proxy (datagram_suffix), in hexadecimal; several with commas between them")
enet.prefs.compression = Pref.enum("Compression", AUTOMATIC, "How compressed datagrams are read", {
	{ "all", "Try all codecs", AUTOMATIC },
	{ "none", "Leave compressed datagrams alone", PLAIN },
}, false)
godot.prefs.version = Pref.enum("Godot version", GODOT_4, "The format of packets", {
	{ "4", "4 (SceneMultiplayer)", GODOT_4 },
	{ "3", "3 (NetworkedMultiplayerENet)", GODOT_3 },
	{ "none", "none (raw packets)", NO_GODOT },
}, true)

---------------------------------------------------------------------------------------------------
-- Sequence of bytes: a string with the range of Wireshark's buffer that it stands in
---------------------------------------------------------------------------------------------------

local function u8(s, at) return s:byte(at + 1) end
local function u16(s, at) return s:byte(at + 1) * 256 + s:byte(at + 2) end
local function u32(s, at) return u16(s, at) * 65536 + u16(s, at + 2) end
local function le16(s, at) return s:byte(at + 2) * 256 + s:byte(at + 1) end
local function le32(s, at) return le16(s, at + 2) * 65536 + le16(s, at) end
local function signed(value) return value >= 2147483648 and value - 4294967296 or value end
local function has_bit(value, bit_value) return math.floor(value / bit_value) % 2 == 1 end

local function whole(range) return { s = range:raw(), range = range } end

--- A part of a range. Wireshark has no empty range at the end of another, so empty ones stand at the start.
local function slice(range, at, size) return range:range(size > 0 and at or 0, size) end

local function part(bytes, at, size)
	return { s = bytes.s:sub(at + 1, at + size), range = slice(bytes.range, at, size) }
end

--- A buffer of its own for bytes that are not in the datagram as they stand.
local function buffer(s, name)
	return whole(ByteArray.new(s, true):tvb(name):range())
end

---------------------------------------------------------------------------------------------------
-- Codecs: each takes the packed bytes and returns the plain ones, or nil if they are not its own
---------------------------------------------------------------------------------------------------

--- ENet drops datagrams that are larger than this.
local MAX_DATAGRAM = 4096

--- Collects plain bytes, and copies earlier ones.
local function output()
	local out = { size = 0 }
	function out:put(value)
		self.size = self.size + 1
		self[self.size] = value
	end
	--- Whether the bytes could be copied.
	function out:run(s, at, size)
		if at + size > #s or self.size + size > MAX_DATAGRAM then return false end
		for index = at, at + size - 1 do self:put(u8(s, index)) end
		return true
	end
	function out:copy(distance, size)
		if distance < 1 or distance > self.size or self.size + size > MAX_DATAGRAM then return false end
		for _ = 1, size do self:put(self[self.size + 1 - distance]) end
		return true
	end
	function out:text()
		local pieces = {}
		for first = 1, self.size, 256 do
			local values = {}
			for index = first, math.min(first + 255, self.size) do values[#values + 1] = string.char(self[index]) end
			pieces[#pieces + 1] = table.concat(values)
		end
		return table.concat(pieces)
	end
	return out
end

--- FastLZ blocks of either level.
local function fastlz(s)
	if #s < 1 then return nil end
	local level = math.floor(u8(s, 0) / 32)
	if level > 1 then return nil end
	local out, at = output(), 1
	local instruction = u8(s, 0) % 32
	local shortest = level == 1 and 1 or 2
	while true do
		local length = math.floor(instruction / 32)
		if length == 0 then
			if not out:run(s, at, instruction + 1) then return nil end
			at = at + instruction + 1
		else
			local more = 255
			if length == 7 then
				while more == 255 do
					if at >= #s then return nil end
					more = u8(s, at)
					at, length = at + 1, length + more
					if level == 0 then break end
				end
			end
			if at >= #s then return nil end
			local distance = instruction % 32 * 256 + u8(s, at) + 1
			at = at + 1
			if level == 1 and distance > 8191 then
				if at + 2 > #s then return nil end
				distance = 8191 + u16(s, at) + 1
				at = at + 2
			end
			if not out:copy(distance, length + 2) then return nil end
		end
		if #s - at < shortest then return out:text() end
		instruction = u8(s, at)
		at = at + 1
	end
end

--- LZ4 blocks.
local function lz4(s)
	local out, at = output(), 0
	local function length(short)
		local size = short
		while short == 15 do
			if at >= #s then return nil end
			local more = u8(s, at)
			at, size = at + 1, size + more
			if more < 255 then break end
		end
		return size
	end
	while at < #s do
		local token = u8(s, at)
		at = at + 1
		local literals = length(math.floor(token / 16))
		if not literals or not out:run(s, at, literals) then return nil end
		at = at + literals
		if at == #s then return out:text() end
		if at + 2 > #s then return nil end
		local distance = le16(s, at)
		at = at + 2
		local size = length(token % 16)
		if not size or not out:copy(distance, size + 4) then return nil end
	end
	return nil
end

--- ENet's range coder: counts of the bytes seen in contexts of up to two bytes, kept in binary trees.
local function range_coder(s)
	local BOTTOM, WORD, NODES = 65536, 4294967296, 4096
	local low, range, code, at = 0, WORD - 1, 0, 0
	local function shift()
		code = code % 16777216 * 256 + (at < #s and u8(s, at) or 0)
		low, range, at = low % 16777216 * 256, range % 16777216 * 256, at + 1
	end
	for _ = 1, 4 do code = code * 256 + (at < #s and u8(s, at) or 0); at = at + 1 end
	local function read(total)
		range = math.floor(range / total)
		return math.floor((code - low) % WORD / range)
	end
	local function skip(under, count)
		low, range = (low + under * range) % WORD, range * count
		while true do
			if math.floor(low / 16777216) ~= math.floor((low + range) % WORD / 16777216) then
				if range >= BOTTOM then return end
				range = (WORD - low) % BOTTOM
			end
			shift()
		end
	end
	local nodes, root
	-- A context's total starts from nothing; the root's from an escape and each of the 256 bytes.
	local function node(value, count, total, escapes)
		nodes = nodes + 1
		return { value = value, count = count, below = count, total = total, escapes = escapes }
	end
	local context, order
	local function forget()
		nodes, order = 1, 0
		root = { total = 257, escapes = 1, counts = {}, nodes = {} }
		context = root
	end
	local function halve(tree)
		local total = 0
		while tree do
			tree.count = tree.count - math.floor(tree.count / 2)
			tree.below = tree.count + (tree.left and halve(tree.left) or 0)
			total = total + tree.below
			tree = tree.right
		end
		return total
	end
	local function total_up(owner, count)
		if count == 0 then owner.escapes, owner.total = owner.escapes + 5, owner.total + 5 end
		owner.total = owner.total + 2
		if count > 251 or owner.total > BOTTOM - 256 then
			local counts = owner.tree and halve(owner.tree) or 0
			owner.escapes = owner.escapes - math.floor(owner.escapes / 2)
			owner.total = counts + owner.escapes
		end
	end
	-- The node at a cumulated count, with its value, what lies under it, and its count before.
	local function find(owner, place)
		local passed, tree = 0, owner.tree
		while tree do
			local after = passed + tree.below
			if place < after and place >= after - tree.count then
				local count = tree.count
				tree.below, tree.count = tree.below + 2, count + 2
				return tree, after - count, count
			elseif place >= after then
				passed, tree = after, tree.right
			else
				tree.below = tree.below + 2
				tree = tree.left
			end
		end
		return nil
	end
	-- Counts a value in a context, and returns its node and its count before.
	local function note(owner, value)
		local tree, side, parent = owner.tree, nil, nil
		while tree do
			if value == tree.value then
				local count = tree.count
				tree.below, tree.count = tree.below + 2, count + 2
				return tree, count
			end
			side = value > tree.value and "right" or "left"
			if side == "left" then tree.below = tree.below + 2 end
			parent, tree = tree, tree[side]
		end
		local new = node(value, 2, 0, 0)
		if parent then parent[side] = new else owner.tree = new end
		return new, 0
	end
	forget()
	local out = output()
	while true do
		local first, found = context, nil
		local owner = context
		while owner ~= root do
			if owner.escapes > 0 and owner.escapes < owner.total then
				local place = read(owner.total)
				if place < owner.escapes then
					skip(0, owner.escapes)
				else
					local under, count
					found, under, count = find(owner, place - owner.escapes)
					if not found or place >= owner.total then return nil end
					skip(owner.escapes + under, count)
					total_up(owner, count)
					break
				end
			end
			owner = owner.shorter or root
		end
		if not found then
			local place = read(root.total)
			if place >= root.total then return nil end
			if place < root.escapes then return out:text() end
			local under, value = root.escapes, 0
			while value < 255 and place >= under + 1 + (root.counts[value] or 0) do
				under = under + 1 + (root.counts[value] or 0)
				value = value + 1
			end
			local count = 1 + (root.counts[value] or 0)
			skip(under, count)
			root.counts[value] = (root.counts[value] or 0) + 3
			root.total = root.total + 3
			if count > 250 or root.total > BOTTOM - 256 then
				root.total = 0
				for each = 0, 255 do
					local old = 1 + (root.counts[each] or 0)
					root.counts[each] = old - math.floor(old / 2) - 1
					root.total = root.total + root.counts[each] + 1
				end
				root.escapes = root.escapes - math.floor(root.escapes / 2)
				root.total = root.total + root.escapes
			end
			found = root.nodes[value] or node(value, 2, 0, 0)
			root.nodes[value] = found
		end
		local longest, last
		local function chain(link)
			if last then last.shorter = link else longest = link end
			last = link
		end
		local learning = first
		while learning ~= owner do
			local link, count = note(learning, found.value)
			chain(link)
			total_up(learning, count)
			learning = learning.shorter or root
		end
		chain(found)
		if out.size >= MAX_DATAGRAM then return nil end
		out:put(found.value)
		if order >= 2 then
			context = longest.shorter or root
		else
			order, context = order + 1, longest
		end
		if nodes >= NODES - 2 then forget() end
	end
end

--- Formats that Wireshark's own libraries read, by the names of the methods; older Wiresharks lack some.
local function library(...)
	local methods = { ... }
	return function(s)
		local plain
		for _, method in ipairs(methods) do
			pcall(function()
				local range = ByteArray.new(s, true):tvb("Packed"):range()
				plain = range[method](range, "Decompressed"):raw()
			end)
			if plain then return plain end
		end
		return nil
	end
end

local function is_zlib(s) return #s > 6 and u8(s, 0) % 16 == 8 and u16(s, 0) % 31 == 0 end
local function is_zstd(s) return #s > 4 and s:sub(1, 4) == "\040\181\047\253" end

local CODECS = {
	{ name = "zlib", unpack = library("uncompress_zlib", "uncompress"), is_own = is_zlib },
	{ name = "Zstandard", unpack = library("uncompress_zstd"), is_own = is_zstd },
	{ name = "FastLZ", unpack = fastlz },
	{ name = "LZ4", unpack = lz4 },
	-- The last, because it is slow, and reads almost anything.
	{ name = "range coder", unpack = range_coder },
}

---------------------------------------------------------------------------------------------------
-- ENet's commands
---------------------------------------------------------------------------------------------------

local NO_SLOT, CONTROL = 0xFFF, 0xFF
local MAX_PACKET, MAX_FRAGMENTS = 33554432, 1048576
local ACK, CONNECT, VERIFY, DISCONNECT, RELIABLE, FRAGMENT = 1, 2, 3, 4, 6, 8
local UNSEQUENCED, THROTTLE, UNRELIABLE_FRAGMENT, PROOF = 9, 11, 12, 0

--- Words of a DISCONNECT with which our hosts end connections. They start with "ENT".
local REASONS = {
	[0] = "no reason",
	[0x454E5401] = "limit exceeded: too many bytes or packets a second",
	[0x454E5402] = "limit exceeded: too much unread",
	[0x454E5403] = "limit exceeded: too much unsent",
	[0x454E5404] = "limit exceeded: undecodable datagrams",
	[0x454E5405] = "banned",
	[0x454E5406] = "refused: not welcome",
	[0x454E5407] = "refused: full",
	[0x454E5408] = "refused: id in use",
	[0x454E5409] = "refused: too many of this address",
	[0x454E540A] = "refused: the server is encrypted, the client is not",
	[0x454E540B] = "refused: credential not accepted",
}

local TERMS = { { "slot", 4, 2 }, { "incoming_session", 6, 1 }, { "outgoing_session", 7, 1 }, { "mtu", 8, 4 }, { "window", 12, 4 },
	{ "channels", 16, 4 }, { "incoming_bandwidth", 20, 4 }, { "outgoing_bandwidth", 24, 4 }, { "throttle_interval", 28, 4 },
	{ "throttle_acceleration", 32, 4 }, { "throttle_deceleration", 36, 4 }, { "connect_id", 40, 4 } }
local function and_data(terms)
	local all = { { "data", 44, 4 } }
	for index, field in ipairs(terms) do table.insert(all, index, field) end
	return all
end
local PLACE = { { "start", 4, 2 }, { "length", 6, 2 }, { "fragments", 8, 4 }, { "fragment", 12, 4 }, { "total", 16, 4 },
	{ "offset", 20, 4 } }

--- By number. `length` is where the payload's length stands; `flags` are the values that ENet gives the top bits.
local COMMANDS = {
	[PROOF] = { name = "PROOF", size = 20, flags = { [0] = true }, fields = { { "proof", 4, 16 } } },
	[ACK] = { name = "ACK", size = 8, flags = { [0] = true }, fields = { { "received_sequence", 4, 2 }, { "received_time", 6, 2 } } },
	[CONNECT] = { name = "CONNECT", size = 48, flags = { [0x80] = true }, fields = and_data(TERMS) },
	[VERIFY] = { name = "VERIFY_CONNECT", size = 44, flags = { [0x80] = true }, fields = TERMS },
	[DISCONNECT] = { name = "DISCONNECT", size = 8, flags = { [0x80] = true, [0x40] = true, [0] = true }, fields = { { "reason", 4, 4 } } },
	[5] = { name = "PING", size = 4, flags = { [0x80] = true }, fields = {} },
	[RELIABLE] = { name = "SEND_RELIABLE", size = 6, length = 4, flags = { [0x80] = true }, fields = { { "length", 4, 2 } } },
	[7] = { name = "SEND_UNRELIABLE", size = 8, length = 6, flags = { [0] = true },
		fields = { { "unreliable_sequence", 4, 2 }, { "length", 6, 2 } } },
	[FRAGMENT] = { name = "SEND_FRAGMENT", size = 24, length = 6, flags = { [0x80] = true }, fields = PLACE },
	[UNSEQUENCED] = { name = "SEND_UNSEQUENCED", size = 8, length = 6, flags = { [0x40] = true },
		fields = { { "group", 4, 2 }, { "length", 6, 2 } } },
	[10] = { name = "BANDWIDTH_LIMIT", size = 12, flags = { [0x80] = true },
		fields = { { "incoming_bandwidth", 4, 4 }, { "outgoing_bandwidth", 8, 4 } } },
	[THROTTLE] = { name = "THROTTLE_CONFIGURE", size = 16, flags = { [0x80] = true },
		fields = { { "throttle_interval", 4, 4 }, { "throttle_acceleration", 8, 4 }, { "throttle_deceleration", 12, 4 } } },
	[UNRELIABLE_FRAGMENT] = { name = "SEND_UNRELIABLE_FRAGMENT", size = 24, length = 6, flags = { [0] = true }, fields = PLACE },
}

local f = {}
local names = {}
for number, command in pairs(COMMANDS) do names[number] = command.name end
local unpacked = table.unpack or unpack
local function declare(protocol, prefix, list)
	local fields = {}
	for _, each in ipairs(list) do
		local field = each.make(prefix .. "." .. each.key, each.name, unpacked(each, 1, each.count))
		f[prefix .. "." .. each.key] = field
		fields[#fields + 1] = field
	end
	protocol.fields = fields
end
local function field(make, key, name, ...)
	local each = { ... }
	each.make, each.key, each.name, each.count = make, key, name, select("#", ...)
	return each
end
local U8, U16, U32, TEXT, BYTES, BOOL = ProtoField.uint8, ProtoField.uint16, ProtoField.uint32, ProtoField.string, ProtoField.bytes, ProtoField.bool
local I32, FRAME = ProtoField.int32, ProtoField.framenum

declare(enet, "enet", {
	field(U16, "slot", "Receiver's slot", base.DEC, nil, 0x0FFF),
	field(U16, "session", "Session", base.DEC, nil, 0x3000),
	field(BOOL, "compressed", "Compressed", 16, nil, 0x4000),
	field(BOOL, "has_time", "Sending time present", 16, nil, 0x8000),
	field(U16, "sent_time", "Sending time, in ms", base.DEC),
	field(U32, "checksum", "Checksum", base.HEX),
	field(BYTES, "suffix", "Suffix for a proxy"),
	field(BYTES, "packed", "Compressed commands"),
	field(TEXT, "codec", "Codec"),
	field(BYTES, "trailing", "Bytes that are no command"),
	field(U8, "command", "Command", base.DEC, names, 0x0F),
	field(BOOL, "wants_ack", "Wants an acknowledgement", 8, nil, 0x80),
	field(BOOL, "unsequenced", "Unsequenced", 8, nil, 0x40),
	field(U8, "channel", "Channel", base.DEC),
	field(U16, "sequence", "Reliable sequence number", base.DEC),
	field(U16, "received_sequence", "Acknowledged sequence number", base.DEC),
	field(U16, "received_time", "Acknowledged sending time, in ms", base.DEC),
	field(U16, "own_slot", "Sender's slot", base.DEC),
	field(U8, "incoming_session", "Incoming session", base.DEC),
	field(U8, "outgoing_session", "Outgoing session", base.DEC),
	field(U32, "mtu", "MTU, in bytes", base.DEC),
	field(U32, "window", "Window, in bytes", base.DEC),
	field(U32, "channels", "Channels", base.DEC),
	field(U32, "incoming_bandwidth", "Incoming bandwidth, in bytes a second", base.DEC),
	field(U32, "outgoing_bandwidth", "Outgoing bandwidth, in bytes a second", base.DEC),
	field(U32, "throttle_interval", "Throttle interval, in ms", base.DEC),
	field(U32, "throttle_acceleration", "Throttle acceleration", base.DEC),
	field(U32, "throttle_deceleration", "Throttle deceleration", base.DEC),
	field(U32, "connect_id", "Connection token", base.HEX),
	field(U32, "data", "Data of the application (Godot: the peer id)", base.DEC),
	field(U32, "reason", "Data of the application", base.DEC_HEX),
	field(BYTES, "proof", "Proof of address"),
	field(U16, "unreliable_sequence", "Unreliable sequence number", base.DEC),
	field(U16, "group", "Unsequenced group", base.DEC),
	field(U16, "length", "Length of the payload", base.DEC),
	field(U16, "start", "Sequence number of the first fragment", base.DEC),
	field(U32, "fragments", "Fragments of the packet", base.DEC),
	field(U32, "fragment", "Number of the fragment", base.DEC),
	field(U32, "total", "Length of the packet", base.DEC),
	field(U32, "offset", "Offset of the fragment", base.DEC),
	field(BYTES, "payload", "Payload"),
	field(FRAME, "retransmission_of", "Retransmission of", base.NONE, frametype.NONE),
	field(FRAME, "acknowledges", "Acknowledges", base.NONE, frametype.ACK),
	field(ProtoField.double, "ack_delay", "Milliseconds since then"),
	field(FRAME, "reassembled_in", "Reassembled in", base.NONE, frametype.NONE),
	field(U32, "reassembled_length", "Length of the reassembled packet", base.DEC),
	field(U16, "gap", "Missing sequence numbers", base.DEC),
})
local OWN_NAMES = { slot = "own_slot" }

local x = {
	malformed = ProtoExpert.new("enet.malformed", "Malformed datagram", expert.group.MALFORMED, expert.severity.ERROR),
	truncated = ProtoExpert.new("enet.truncated", "The capture has only the start of the datagram", expert.group.UNDECODED, expert.severity.NOTE),
	undecoded = ProtoExpert.new("enet.undecoded", "Compressed, and not decompressed", expert.group.UNDECODED, expert.severity.NOTE),
	retransmission = ProtoExpert.new("enet.retransmission", "Retransmission", expert.group.SEQUENCE, expert.severity.NOTE),
	gap = ProtoExpert.new("enet.gap.expert", "Sequence numbers before this one were not captured yet", expert.group.SEQUENCE, expert.severity.NOTE),
	disconnect = ProtoExpert.new("enet.disconnect", "Disconnect", expert.group.SEQUENCE, expert.severity.CHAT),
	refused = ProtoExpert.new("enet.refused", "Disconnect with a reason", expert.group.SEQUENCE, expert.severity.WARN),
	throttle = ProtoExpert.new("enet.throttle", "The throttle is configured", expert.group.SEQUENCE, expert.severity.NOTE),
}
enet.experts = { x.malformed, x.truncated, x.undecoded, x.retransmission, x.gap, x.disconnect, x.refused, x.throttle }

local REAL_FLAGS = 0x40

--- The commands from `at` on, and what stands in the way of reading on, if anything does.
local function parse(s, at)
	local list = {}
	while at < #s do
		local first = u8(s, at)
		local number = first % 16
		local command = COMMANDS[number]
		if not command or number == PROOF and s:sub(at + 1, at + 4) ~= "\000P\000\001" then
			return list, at, "no command"
		end
		if at + command.size > #s then return list, at, "cut short" end
		local payload = command.length and u16(s, at + command.length) or 0
		if at + command.size + payload > #s then return list, at, "payload cut short" end
		list[#list + 1] = { at = at, number = number, spec = command, flags = math.floor(first / REAL_FLAGS) * REAL_FLAGS, channel = u8(s, at + 1),
			sequence = u16(s, at + 2), payload = payload }
		at = at + command.size + payload
	end
	return list, at, nil
end

local function is_padding(s, at) return #s - at < 16 and s:sub(at + 1):find("^%z+$") ~= nil end

--- Whether a command has values that ENet would send, and how many bits of evidence that is.
local function evidence(s, each)
	local number, at = each.number, each.at
	if not each.spec.flags[each.flags] or u8(s, at) ~= each.flags + number then return nil end
	local is_control = each.channel == CONTROL
	if number == CONNECT or number == VERIFY then
		local mtu, window, channels = u32(s, at + 8), u32(s, at + 12), u32(s, at + 16)
		if not is_control or u16(s, at + 4) > NO_SLOT or mtu < 576 or mtu > 4096 or window < 4096 or window > 65536 or channels < 1
				or channels > 255 then
			return nil
		end
		return 64
	elseif number == 5 or number == 10 or number == THROTTLE or number == DISCONNECT then
		if not is_control then return nil end
		return number == DISCONNECT and 16 or number == 5 and 22 or 24
	elseif number == FRAGMENT or number == UNRELIABLE_FRAGMENT then
		local count, index, total, offset = u32(s, at + 8), u32(s, at + 12), u32(s, at + 16), u32(s, at + 20)
		if is_control or count > MAX_FRAGMENTS or index >= count or total > MAX_PACKET or each.payload == 0 or offset + each.payload > total then
			return nil
		end
		return 64
	elseif number == ACK then
		if u16(s, at + 2) ~= u16(s, at + 4) then return nil end
		-- Zeros are no evidence.
		return u16(s, at + 2) == 0 and 0 or is_control and 30 or 16
	elseif number == PROOF then
		return 0
	end
	return not is_control and (number == RELIABLE and 22 or 20) or nil
end

--- Bits of evidence that all of a datagram is ENet's; nil if it is not.
local function certainty(s, start, slot, has_time)
	local list, at, trouble = parse(s, start)
	if #list == 0 or trouble and not is_padding(s, at) then return nil end
	local sum, wants_ack = 0, false
	for index, each in ipairs(list) do
		local bits = evidence(s, each)
		local is_opening = each.number == CONNECT or each.number == PROOF
		if not bits or is_opening and each.number == PROOF and index == 1 and #list > 1 then return nil end
		if (slot == NO_SLOT) ~= is_opening and each.number ~= PROOF then return nil end
		sum, wants_ack = sum + bits, wants_ack or each.flags == 0x80
	end
	if wants_ack ~= has_time then return nil end
	return sum + 2
end

---------------------------------------------------------------------------------------------------
-- State of a capture
---------------------------------------------------------------------------------------------------

local state = { pairs = {}, visits = {} }

function enet.init()
	state = { pairs = {}, visits = {} }
end

local function pair_of(pinfo)
	local source = tostring(pinfo.src) .. ":" .. pinfo.src_port
	local target = tostring(pinfo.dst) .. ":" .. pinfo.dst_port
	local key = source < target and source .. " " .. target or target .. " " .. source
	return source, target, key
end

--- What is remembered of one datagram: the results of the questions that its dissection asks, in order.
local function visit(pinfo, size)
	local source, target, key = pair_of(pinfo)
	local pair = state.pairs[key]
	if not pair then
		pair = { tokens = {}, streams = {}, partners = {}, last = {}, nodes = {} }
		state.pairs[key] = pair
	end
	local name = pinfo.number .. " " .. source .. " " .. target .. " " .. size
	local notes = state.visits[name]
	if not notes then
		notes = {}
		state.visits[name] = notes
	end
	local self = { pair = pair, source = source, target = target, number = pinfo.number, time = pinfo.rel_ts, count = 0, info = {} }
	--- The answer of the first pass.
	function self:once(ask)
		self.count = self.count + 1
		if notes[self.count] == nil then notes[self.count] = ask() or false end
		return notes[self.count]
	end
	return self
end

--- Commands from one end to a slot of the other.
local function stream_of(pair, source, slot)
	local name = source .. " " .. slot
	if not pair.streams[name] then pair.streams[name] = {} end
	return pair.streams[name]
end

local function channel_of(stream, channel)
	if not stream[channel] then stream[channel] = { seen = {}, packets = {} } end
	return stream[channel]
end

--- A sequence number counted on beyond its 16 bits, nearest to the highest seen.
local function unwrapped(channel, sequence)
	if not channel.highest then return 65536 + sequence end
	local ahead = (sequence - channel.highest) % 65536
	return channel.highest + (ahead >= 32768 and ahead - 65536 or ahead)
end

--- Notes a command that wants an acknowledgement.
local function note_reliable(seen, stream, each)
	local channel = channel_of(stream, each.channel)
	local place = unwrapped(channel, each.sequence)
	local before = channel.seen[place]
	if before then return { retransmission_of = before.number } end
	channel.seen[place] = { number = seen.number, time = seen.time }
	local gap = channel.highest and place - channel.highest - 1 or 0
	channel.highest = math.max(channel.highest or 0, place)
	return { gap = gap > 0 and gap or nil }
end

--- A connection begins: what an earlier one between the same slots left is void.
local function note_connecting(seen, slot, s, each)
	local pair, own, token = seen.pair, u16(s, each.at + 4), u32(s, each.at + 40)
	if each.number == CONNECT then
		if pair.tokens[token] then return end
		pair.tokens[token] = "asked"
		pair.client = seen.source
		pair.nodes = {}
		pair.streams[seen.source .. " " .. NO_SLOT] = nil
	else
		if pair.tokens[token] == "answered" then return end
		pair.tokens[token] = "answered"
		pair.client = pair.client or seen.target
		pair.partners[seen.source .. " " .. slot] = own
		pair.partners[seen.target .. " " .. own] = slot
	end
	pair.streams[seen.target .. " " .. own] = nil
end

--- The datagram that an acknowledgement answers.
local function acknowledged(seen, slot, s, each)
	local pair = seen.pair
	local partner = pair.partners[seen.source .. " " .. slot] or pair.last[seen.target]
	local stream = partner and pair.streams[seen.target .. " " .. partner]
	local channel = stream and stream[each.channel]
	local before = channel and channel.seen[unwrapped(channel, u16(s, each.at + 4))]
	return before and { number = before.number, delay = (seen.time - before.time) * 1000 }
end

--- Takes in a fragment. Returns its packet, with `data` once all fragments are there.
local function note_fragment(seen, stream, s, each)
	local channel = channel_of(stream, each.channel)
	local at = each.at
	local start, count, index, total, offset = u16(s, at + 4), u32(s, at + 8), u32(s, at + 12), u32(s, at + 16), u32(s, at + 20)
	if count == 0 or index >= count or total > MAX_PACKET or offset + each.payload > total then return { is_wrong = true } end
	local key
	if each.number == FRAGMENT then
		key = unwrapped(channel, start)
	else
		key = unwrapped(channel, each.sequence) .. " " .. start
	end
	local packet = channel.packets[key]
	local is_known = packet and packet.count == count and packet.total == total
	-- Unreliable sequence numbers begin anew after each reliable packet, and nobody repeats unreliable fragments.
	local is_next = each.number == UNRELIABLE_FRAGMENT and is_known and not (packet.fragments and not packet.fragments[index])
	if not is_known or is_next then
		packet = { count = count, total = total, got = 0, fragments = {} }
		channel.packets[key] = packet
	end
	if not packet.fragments or packet.fragments[index] then return { packet = packet } end
	packet.fragments[index] = { offset = offset, bytes = s:sub(at + 25, at + 24 + each.payload) }
	packet.got = packet.got + 1
	if packet.got < count then return { packet = packet } end
	local pieces, size = {}, 0
	for place = 0, count - 1 do
		local piece = packet.fragments[place]
		if piece.offset ~= size then return { packet = packet, is_wrong = true } end
		pieces[#pieces + 1], size = piece.bytes, size + #piece.bytes
	end
	packet.fragments, packet.number = nil, seen.number
	if size ~= total then return { packet = packet, is_wrong = true } end
	return { packet = packet, data = table.concat(pieces) }
end

--- What Godot's sender called nodes. Ids belong to the sender, and a server passes on those of its clients.
local function nodes_of(seen, relayed_from)
	local name = seen.source .. " " .. (relayed_from or "")
	local nodes = seen.pair.nodes
	if not nodes[name] then nodes[name] = { paths = {}, spawned = {} } end
	return nodes[name]
end

---------------------------------------------------------------------------------------------------
-- Godot's values
---------------------------------------------------------------------------------------------------

local TYPES_4 = { [0] = "null", "bool", "int", "float", "String", "Vector2", "Vector2i", "Rect2", "Rect2i", "Vector3", "Vector3i", "Transform2D",
	"Vector4", "Vector4i", "Plane", "Quaternion", "AABB", "Basis", "Transform3D", "Projection", "Color", "StringName", "NodePath", "RID",
	"Object", "Callable", "Signal", "Dictionary", "Array", "PackedByteArray", "PackedInt32Array", "PackedInt64Array", "PackedFloat32Array",
	"PackedFloat64Array", "PackedStringArray", "PackedVector2Array", "PackedVector3Array", "PackedColorArray", "PackedVector4Array" }
local TYPES_3 = { [0] = "null", "bool", "int", "float", "String", "Vector2", "Rect2", "Vector3", "Transform2D", "Plane", "Quaternion", "AABB",
	"Basis", "Transform3D", "Color", "NodePath", "RID", "Object", "Dictionary", "Array", "PackedByteArray", "PackedInt32Array",
	"PackedFloat32Array", "PackedStringArray", "PackedVector2Array", "PackedVector3Array", "PackedColorArray" }
local REALS = { Vector2 = 2, Rect2 = 4, Vector3 = 3, Transform2D = 6, Vector4 = 4, Plane = 4, Quaternion = 4, AABB = 6, Basis = 9,
	Transform3D = 12, Projection = 16 }
local WHOLES = { Vector2i = 2, Rect2i = 4, Vector3i = 3, Vector4i = 4 }
--- Bytes of an element, and whether they double in builds with double precision.
local ELEMENTS = { PackedByteArray = { 1 }, PackedInt32Array = { 4 }, PackedInt64Array = { 8 }, PackedFloat32Array = { 4 }, PackedFloat64Array = { 8 },
	PackedVector2Array = { 8, true }, PackedVector3Array = { 12, true }, PackedColorArray = { 16 }, PackedVector4Array = { 16, true } }
local MAX_DEPTH, MAX_TEXT = 16, 120

local function shortened(text)
	return #text > MAX_TEXT and text:sub(1, MAX_TEXT) .. "..." or text
end

--- A text as it can be shown: without control characters, and valid UTF-8 is left to Wireshark.
local function printable(text) return (text:gsub("[%c]", ".")) end

local function real(bytes, at, size) return string.format("%.6g", bytes.range:range(at, size):le_float()) end

local function whole_number(bytes, at, size)
	if size == 8 then return tostring(bytes.range:range(at, 8):le_int64()) end
	return string.format("%d", bytes.range:range(at, size):le_int())
end

--- The values of a Godot version.
local function values(types)
	local self = {}
	local value

	local function row(bytes, at, count, size, read)
		if at + count * size > #bytes.s then return nil end
		local list = {}
		for index = 0, count - 1 do list[#list + 1] = read(bytes, at + index * size, size) end
		return at + count * size, "(" .. table.concat(list, ", ") .. ")"
	end

	local function text(bytes, at)
		if at + 4 > #bytes.s then return nil end
		local size = le32(bytes.s, at)
		local padded = math.ceil(size / 4) * 4
		if at + 4 + padded > #bytes.s then return nil end
		return at + 4 + padded, printable((bytes.s:sub(at + 5, at + 4 + size):gsub("%z", "")))
	end

	local function path(bytes, at)
		if at + 12 > #bytes.s or not has_bit(le32(bytes.s, at), 2147483648) then return nil end
		local count, below = le32(bytes.s, at) % 2147483648, le32(bytes.s, at + 4)
		local is_absolute = has_bit(u8(bytes.s, at + 8), 1)
		local list, all = {}, count + below
		at = at + 12
		for _ = 1, all do
			local name
			at, name = text(bytes, at)
			if not at then return nil end
			list[#list + 1] = name
		end
		local head = table.concat(list, "/", 1, count)
		local tail = below > 0 and ":" .. table.concat(list, ":", count + 1) or ""
		return at, 'NodePath("' .. (is_absolute and "/" or "") .. head .. tail .. '")'
	end

	--- Skips what a typed collection says about the type of its elements.
	local function element_type(bytes, at, kind)
		if kind == 0 then return at end
		if kind == 1 then return at + 4 <= #bytes.s and at + 4 or nil end
		return (text(bytes, at))
	end

	local function collection(bytes, at, flags, is_dictionary, depth)
		at = element_type(bytes, at, flags % 4)
		if at and is_dictionary then at = element_type(bytes, at, math.floor(flags / 4) % 4) end
		if not at or at + 4 > #bytes.s or depth >= MAX_DEPTH then return nil end
		local count = le32(bytes.s, at) % 2147483648
		local list, size = {}, 0
		at = at + 4
		for _ = 1, count do
			local element, key
			at, element = value(bytes, at, depth + 1)
			if at and is_dictionary then
				key = element
				at, element = value(bytes, at, depth + 1)
			end
			if not at then return nil end
			if size < MAX_TEXT then
				list[#list + 1] = key and key .. ": " .. element or element
				size = size + #list[#list]
			end
		end
		local all = shortened(table.concat(list, ", "))
		return at, is_dictionary and "{" .. all .. "}" or "[" .. all .. "]"
	end

	--- The value after its header of four bytes.
	local function body(bytes, at, name, flags, depth)
		local s, is_double = bytes.s, flags % 2 == 1
		local real_size = is_double and 8 or 4
		if name == "null" then return at, "null" end
		if name == "bool" then
			if at + 4 > #s then return nil end
			return at + 4, le32(s, at) ~= 0 and "true" or "false"
		elseif name == "int" or name == "float" then
			if at + real_size > #s then return nil end
			return at + real_size, (name == "int" and whole_number or real)(bytes, at, real_size)
		elseif REALS[name] then
			local after, all = row(bytes, at, REALS[name], real_size, real)
			return after, all and name .. all
		elseif WHOLES[name] then
			local after, all = row(bytes, at, WHOLES[name], 4, whole_number)
			return after, all and name .. all
		elseif name == "Color" then
			local after, all = row(bytes, at, 4, 4, real)
			return after, all and name .. all
		elseif name == "String" or name == "StringName" then
			local after, content = text(bytes, at)
			return after, content and '"' .. shortened(content) .. '"'
		elseif name == "NodePath" then
			return path(bytes, at)
		elseif name == "Dictionary" or name == "Array" then
			return collection(bytes, at, flags, name == "Dictionary", depth)
		elseif ELEMENTS[name] then
			if at + 4 > #s then return nil end
			local count, element = le32(s, at), ELEMENTS[name]
			local size = element[1] * (element[2] and is_double and 2 or 1)
			local after = at + 4 + math.ceil(count * size / 4) * 4
			return after <= #s and after or nil, string.format("%s of %d", name, count)
		elseif name == "PackedStringArray" then
			if at + 4 > #s then return nil end
			local count = le32(s, at)
			at = at + 4
			for _ = 1, count do
				at = text(bytes, at)
				if not at then return nil end
			end
			return at, string.format("%s of %d", name, count)
		end
		return nil
	end

	function value(bytes, at, depth)
		if at + 4 > #bytes.s then return nil end
		local name = types[le16(bytes.s, at)]
		if not name then return nil end
		return body(bytes, at + 4, name, le16(bytes.s, at + 2), depth)
	end

	--- A value as it stands in files and in Godot 3's packets: the offset behind it and its text; nil if it is none.
	function self.plain(bytes, at) return value(bytes, at, 0) end

	--- A value of Godot 4's packets, where whole numbers and booleans are short.
	function self.packed(bytes, at)
		local s = bytes.s
		if at >= #s then return nil end
		local kind, mode = u8(s, at) % 64, math.floor(u8(s, at) / 64)
		if types[kind] == "bool" then return at + 1, mode >= 2 and "true" or "false" end
		if types[kind] == "int" then
			local size = 2 ^ mode
			if at + 1 + size > #s then return nil end
			return at + 1 + size, whole_number(bytes, at + 1, size)
		end
		if at + 4 > #s or not types[kind] then return nil end
		return body(bytes, at + 4, types[kind], le16(s, at + 2), 0)
	end

	return self
end

local VALUES_4, VALUES_3 = values(TYPES_4), values(TYPES_3)

---------------------------------------------------------------------------------------------------
-- Godot's messages
---------------------------------------------------------------------------------------------------

local KINDS_4 = { [0] = "RPC", "simplify path", "confirm path", "raw", "spawn", "despawn", "sync", "system" }
local SYSTEM_4 = { [0] = "auth", "add peer", "remove peer", "relay" }
local KINDS_3 = { [0] = "RPC", "set", "simplify path", "confirm path", "raw" }
local SYSTEM_3 = { [0] = "add peer", "remove peer" }
--- Number of the scene of nodes that a game's function makes.
local CUSTOM = 255
local ID_SIZES = { [0] = "8 bits", "16 bits", "32 bits" }

declare(godot, "godot", {
	field(U8, "kind", "Message", base.DEC, KINDS_4, 0x07),
	field(U8, "kind3", "Message", base.DEC, KINDS_3),
	field(U8, "system", "System message", base.DEC, SYSTEM_4),
	field(U32, "config", "Configuration message", base.DEC, SYSTEM_3),
	field(U8, "rpc.node_size", "Size of the node's id", base.DEC, ID_SIZES, 0x30),
	field(U8, "rpc.method_size", "Size of the method's id", base.DEC, ID_SIZES, 0x40),
	field(BOOL, "rpc.is_bare", "No arguments, or bytes alone", 8, nil, 0x80),
	field(BOOL, "is_delta", "Only what changed, reliably", 8, nil, 0x10),
	field(U32, "node", "Node's id", base.DEC),
	field(TEXT, "path", "Node"),
	field(U16, "rpc.method", "Method's id", base.DEC),
	field(TEXT, "rpc.method_name", "Method"),
	field(U8, "rpc.arguments", "Arguments", base.DEC),
	field(TEXT, "value", "Value"),
	field(BYTES, "data", "Data"),
	field(TEXT, "md5", "MD5 of the methods"),
	field(BOOL, "confirmed", "Both ends have the same methods"),
	field(I32, "peer", "Peer", base.DEC),
	field(I32, "source", "Source", base.DEC),
	field(I32, "target", "Target", base.DEC),
	field(U8, "spawn.scene", "Scene's number", base.DEC),
	field(U32, "net_id", "Network id", base.DEC_HEX),
	field(U32, "spawn.synchronizers", "Synchronizers", base.DEC),
	field(U32, "spawn.name_length", "Length of the name", base.DEC),
	field(TEXT, "spawn.name", "Name"),
	field(U32, "spawn.argument_size", "Size of the argument", base.DEC),
	field(U16, "sync.time", "Time of the state", base.DEC),
	field(U32, "sync.size", "Size of the state", base.DEC),
	field(ProtoField.uint64, "sync.properties", "Properties that changed, as bits", base.HEX),
})

local gx = {
	unknown = ProtoExpert.new("godot.unknown", "No message of SceneMultiplayer; if the game sends packets of its own, set \"Godot version\" to none",
		expert.group.UNDECODED, expert.severity.NOTE),
	checksum = ProtoExpert.new("godot.checksum", "The ends have different RPC methods for this node", expert.group.PROTOCOL, expert.severity.WARN),
}
godot.experts = { gx.unknown, gx.checksum }

--- Adds a field of `size` bytes at `at`; little-endian, as all of Godot's are.
local function add(tree, key, bytes, at, size) return tree:add_le(f["godot." .. key], slice(bytes.range, at, size)) end

local function add_text(tree, key, bytes, at, size, content)
	return tree:add(f["godot." .. key], slice(bytes.range, at, size), content)
end

local function add_data(tree, bytes, at)
	if at < #bytes.s then tree:add(f["godot.data"], bytes.range:range(at)) end
end

--- Shows a name that another datagram told.
local function add_known(tree, content)
	if content then tree:add(f["godot.path"], content):set_generated() end
end

--- A text that ends with a zero or with the bytes; returns it with the offset behind it.
local function zero_ended(s, at, limit)
	local zero = s:find("\000", at + 1, true)
	local after = zero and zero - 1 < limit and zero or limit
	local content = s:sub(at + 1, after)
	return printable((content:gsub("%z+$", ""))), after
end

--- Shows packed values up to `limit`, then what is left of the bytes.
local function add_values(tree, bytes, at, limit, read, most)
	local within = part(bytes, 0, limit)
	local count = 0
	while at < limit and count < most do
		local after, content = read(within, at)
		if not after then break end
		add_text(tree, "value", bytes, at, after - at, content)
		at, count = after, count + 1
	end
	if at < limit then add_data(tree, within, at) end
end

local messages = {}

--- A message of SceneMultiplayer: returns its words for the info column; nil if it is none. A relayed message names the
--- client that it comes from, or the one that it is for.
local function message_4(bytes, tree, seen, relayed_from, relayed_to)
	if #bytes.s < 1 then return nil end
	local kind = u8(bytes.s, 0) % 8
	local item = add(tree, "kind", bytes, 0, 1)
	local words = messages[kind](bytes, tree, seen, nodes_of(seen, relayed_from), relayed_to, relayed_from)
	if not words then item:add_proto_expert_info(gx.unknown) end
	return words
end

messages[0] = function(bytes, tree, seen, nodes)
	local s, flags = bytes.s, u8(bytes.s, 0)
	local node_size, method_size = ({ [0] = 1, 2, 4 })[math.floor(flags / 16) % 4], has_bit(flags, 64) and 2 or 1
	add(tree, "rpc.node_size", bytes, 0, 1)
	add(tree, "rpc.method_size", bytes, 0, 1)
	add(tree, "rpc.is_bare", bytes, 0, 1)
	if not node_size or has_bit(flags, 8) or #s < 1 + node_size + method_size then return nil end
	local at, limit, name = 1 + node_size, #s, nil
	local id = node_size == 1 and u8(s, 1) or node_size == 2 and le16(s, 1) or le32(s, 1)
	if id >= 2147483648 then
		-- The path stands behind the arguments, at this offset.
		limit = id - 2147483648
		if limit >= #s or limit < at + method_size then return nil end
		name = zero_ended(s, limit, #s)
		add_text(tree, "path", bytes, limit, #s - limit, name)
	else
		add(tree, "node", bytes, 1, node_size)
		local known = seen:once(function() return nodes.paths[id] end)
		add_known(tree, known)
		name = known or "node " .. id
	end
	local method = method_size == 1 and u8(s, at) or le16(s, at)
	add(tree, "rpc.method", bytes, at, method_size)
	at = at + method_size
	if has_bit(flags, 128) then
		tree:add(f["godot.rpc.arguments"], at < limit and 1 or 0):set_generated()
		add_data(tree, part(bytes, 0, limit), at)
	else
		if at >= limit then return nil end
		add(tree, "rpc.arguments", bytes, at, 1)
		add_values(tree, bytes, at + 1, limit, VALUES_4.packed, u8(s, at))
	end
	return string.format("RPC %s #%d, %d bytes", name, method, #s)
end

messages[1] = function(bytes, tree, seen, nodes)
	local s = bytes.s
	if #s < 39 then return nil end
	add_text(tree, "md5", bytes, 1, 33, (zero_ended(s, 1, 34)))
	add(tree, "node", bytes, 34, 4)
	local id, path = le32(s, 34), (zero_ended(s, 38, #s))
	add_text(tree, "path", bytes, 38, #s - 38, path)
	seen:once(function()
		nodes.paths[id] = path
		return true
	end)
	return string.format("simplify path %s = %d", path, id)
end

messages[2] = function(bytes, tree, seen, _, relayed_to)
	local s = bytes.s
	if #s ~= 6 then return nil end
	local item = add(tree, "confirmed", bytes, 1, 1)
	if u8(s, 1) == 0 then item:add_proto_expert_info(gx.checksum) end
	add(tree, "node", bytes, 2, 4)
	-- The id is the receiver's; `relayed_to` is the receiver if a server passes the message on to it.
	local id = le32(s, 2)
	local path = seen:once(function()
		local theirs = seen.pair.nodes[seen.target .. " " .. (relayed_to or "")]
		return theirs and theirs.paths[id]
	end)
	add_known(tree, path)
	return string.format("confirm path %s", path or id)
end

messages[3] = function(bytes, tree)
	add_data(tree, bytes, 1)
	return string.format("raw, %d bytes", #bytes.s - 1)
end

messages[4] = function(bytes, tree, seen, nodes)
	local s = bytes.s
	if #s < 18 then return nil end
	local count, name_length = le32(s, 10), le32(s, 14)
	local scene = add(tree, "spawn.scene", bytes, 1, 1)
	if u8(s, 1) == CUSTOM then scene:append_text(" (custom)") end
	add(tree, "node", bytes, 2, 4)
	local spawner = seen:once(function() return nodes.paths[le32(s, 2)] end)
	add_known(tree, spawner)
	add(tree, "net_id", bytes, 6, 4)
	add(tree, "spawn.synchronizers", bytes, 10, 4)
	add(tree, "spawn.name_length", bytes, 14, 4)
	if 18 + 4 * count + name_length > #s then return nil end
	local at = 18 + 4 * count
	local name = zero_ended(s, at, at + name_length)
	for index = 0, count - 1 do add(tree, "net_id", bytes, 18 + 4 * index, 4) end
	add_text(tree, "spawn.name", bytes, at, name_length, name)
	seen:once(function()
		nodes.spawned[le32(s, 6)] = name
		for index = 0, count - 1 do nodes.spawned[le32(s, 18 + 4 * index)] = name end
		return true
	end)
	at = at + name_length
	if u8(s, 1) == CUSTOM then
		if at + 4 > #s or at + 4 + le32(s, at) > #s then return nil end
		local size = le32(s, at)
		add(tree, "spawn.argument_size", bytes, at, 4)
		add_values(tree, bytes, at + 4, at + 4 + size, VALUES_4.packed, 1)
		at = at + 4 + size
	end
	add_values(tree, bytes, at, #s, VALUES_4.packed, math.huge)
	return string.format("spawn %s by %s", name, spawner or "node " .. le32(s, 2))
end

messages[5] = function(bytes, tree, seen, nodes)
	if #bytes.s < 5 then return nil end
	local id = le32(bytes.s, 1)
	add(tree, "net_id", bytes, 1, 4)
	local name = seen:once(function() return nodes.spawned[id] end)
	add_known(tree, name)
	return string.format("despawn %s", name or id)
end

messages[6] = function(bytes, tree, seen, nodes)
	local s = bytes.s
	if #s < 11 then return nil end
	local is_delta = has_bit(u8(s, 0), 16)
	local head, list, at = is_delta and 16 or 8, {}, is_delta and 1 or 3
	add(tree, "is_delta", bytes, 0, 1)
	if not is_delta then add(tree, "sync.time", bytes, 1, 2) end
	while at + head <= #s do
		local id, size = le32(s, at), le32(s, at + head - 4)
		if at + head + size > #s then return nil end
		local name = seen:once(function()
			return id >= 2147483648 and nodes.paths[id - 2147483648] or nodes.spawned[id]
		end)
		local branch = tree:add(bytes.range:range(at, head + size), "State of " .. (name or id))
		add(branch, "net_id", bytes, at, 4)
		add_known(branch, name)
		if is_delta then add(branch, "sync.properties", bytes, at + 4, 8) end
		add(branch, "sync.size", bytes, at + head - 4, 4)
		add_values(branch, bytes, at + head, at + head + size, VALUES_4.packed, math.huge)
		list[#list + 1] = name or tostring(id)
		at = at + head + size
	end
	if at < #s then return nil end
	return (is_delta and "delta of " or "sync of ") .. shortened(table.concat(list, ", "))
end

messages[7] = function(bytes, tree, seen, _, relayed_to, relayed_from)
	local s = bytes.s
	if #s < 2 or relayed_to or relayed_from or not SYSTEM_4[u8(s, 1)] then return nil end
	local kind = u8(s, 1)
	add(tree, "system", bytes, 1, 1)
	if kind == 0 then
		add_data(tree, bytes, 2)
		return #s == 2 and "auth complete" or string.format("auth, %d bytes", #s - 2)
	end
	if #s < 6 then return nil end
	local peer = signed(le32(s, 2))
	if kind < 3 then
		add(tree, "peer", bytes, 2, 4)
		return string.format("%s %d", SYSTEM_4[kind], peer)
	end
	-- Clients name the target, servers the source.
	local is_up = seen:once(function() return { seen.pair.client == seen.source } end)[1]
	add(tree, is_up and "target" or "source", bytes, 2, 4)
	if #s < 7 then return nil end
	local branch = tree:add(bytes.range:range(6), "Relayed message")
	local words = message_4(part(bytes, 6, #s - 6), branch, seen, not is_up and peer or nil, is_up and peer or nil)
	return string.format("relay %s %d: %s", is_up and "to" or "from", peer, words or "unknown message")
end

--- A packet of Godot 3's NetworkedMultiplayerENet.
local function message_3(bytes, tree, seen, channel)
	local s = bytes.s
	if #s < 8 then
		tree:add_proto_expert_info(gx.unknown)
		return nil
	end
	if channel == 0 then
		add(tree, "config", bytes, 0, 4)
		add(tree, "peer", bytes, 4, 4)
		local kind = SYSTEM_3[le32(s, 0)]
		if not kind then tree:add_proto_expert_info(gx.unknown) end
		return kind and string.format("%s %d", kind, signed(le32(s, 4)))
	end
	add(tree, "source", bytes, 0, 4)
	add(tree, "target", bytes, 4, 4)
	local inner = string.format("%d to %d: ", signed(le32(s, 0)), signed(le32(s, 4)))
	local kind = #s > 8 and u8(s, 8)
	local nodes = nodes_of(seen, le32(s, 0))
	if kind == 4 or not KINDS_3[kind] then
		if kind == 4 then add(tree, "kind3", bytes, 8, 1) end
		add_data(tree, bytes, kind == 4 and 9 or 8)
		return inner .. string.format("%s%d bytes", kind == 4 and "raw, " or "", #s - (kind == 4 and 9 or 8))
	end
	-- A game may send packets of its own that start like a message, so nothing below is an error.
	if kind == 3 then
		add(tree, "kind3", bytes, 8, 1)
		local path = zero_ended(s, 9, #s)
		add_text(tree, "path", bytes, 9, #s - 9, path)
		return inner .. "confirm path " .. path
	end
	if #s < 14 then
		add_data(tree, bytes, 8)
		return inner .. string.format("%d bytes", #s - 8)
	end
	add(tree, "kind3", bytes, 8, 1)
	local id = le32(s, 9)
	if kind == 2 then
		local path = zero_ended(s, 13, #s)
		add(tree, "node", bytes, 9, 4)
		add_text(tree, "path", bytes, 13, #s - 13, path)
		seen:once(function()
			nodes.paths[id] = path
			return true
		end)
		return inner .. string.format("simplify path %s = %d", path, id)
	end
	local limit, path = #s, nil
	if id >= 2147483648 then
		-- The offset counts from the message, behind the prefix.
		limit = id - 2147483648 + 8
		if limit >= #s or limit < 14 then
			add_data(tree, bytes, 9)
			return inner .. string.format("%d bytes", #s - 8)
		end
		path = zero_ended(s, limit, #s)
		add_text(tree, "path", bytes, limit, #s - limit, path)
	else
		add(tree, "node", bytes, 9, 4)
		path = seen:once(function() return nodes.paths[id] end)
		add_known(tree, path)
	end
	local method, at = zero_ended(s, 13, limit)
	add_text(tree, "rpc.method_name", bytes, 13, at - 13, method)
	local most = 1
	if kind == 0 then
		if at < limit then
			add(tree, "rpc.arguments", bytes, at, 1)
			most = u8(s, at)
		end
		at = math.min(at + 1, limit)
	end
	add_values(tree, bytes, at, limit, VALUES_3.plain, most)
	return inner .. string.format("%s %s.%s, %d bytes", KINDS_3[kind], path or "node " .. id, method, #s - 8)
end

--- A packet of the game. Returns words for the info column, and whether it is Godot's.
local function packet(bytes, root, seen, channel)
	local version = godot.prefs.version
	if version == NO_GODOT or #bytes.s == 0 then return nil end
	local tree = root:add(godot, bytes.range)
	local words
	if version == GODOT_4 then
		words = message_4(bytes, tree, seen)
	else
		words = message_3(bytes, tree, seen, channel)
	end
	if words then
		tree:append_text(", " .. words)
		seen.is_godot = true
	end
	return words
end

---------------------------------------------------------------------------------------------------
-- The datagram
---------------------------------------------------------------------------------------------------

--- Decompresses what is behind the header. Returns the bytes and the codec's name; nil if no codec can.
local function decompress(s, slot, has_time, hint, is_stranger)
	for turn = hint and 0 or 1, #CODECS do
		local codec = turn == 0 and CODECS[hint] or CODECS[turn]
		local is_worth = not codec.is_own or codec.is_own(s)
		-- A stranger's datagram may be anything, and the range coder takes long.
		if is_worth and not (is_stranger and codec.unpack == range_coder and slot ~= NO_SLOT) then
			local plain = codec.unpack(s)
			if plain and #plain <= MAX_DATAGRAM and certainty(plain, 0, slot, has_time) then return plain, turn == 0 and hint or turn end
		end
	end
	return nil
end

--- The header of a datagram: slot, session, flags and where the commands begin; nil if it is cut short.
local function header(s)
	if #s < 2 then return nil end
	local first = u16(s, 0)
	local head = { slot = first % 4096, is_packed = has_bit(first, 0x4000), has_time = has_bit(first, 0x8000) }
	head.size = head.has_time and 4 or 2
	if enet.prefs.checksum then head.size = head.size + 4 end
	return #s >= head.size and head or nil
end

local function show_command(s, range, each, tree, seen, slot)
	local spec, at = each.spec, each.at
	local item = tree:add(range:range(at, spec.size + each.payload), spec.name)
	item:add(f["enet.command"], range:range(at, 1))
	item:add(f["enet.wants_ack"], range:range(at, 1))
	item:add(f["enet.unsequenced"], range:range(at, 1))
	if each.number ~= PROOF then
		local channel = item:add(f["enet.channel"], range:range(at + 1, 1))
		if each.channel == CONTROL then channel:append_text(" (control)") end
		item:add(f["enet.sequence"], range:range(at + 2, 2))
	end
	for _, entry in ipairs(spec.fields) do
		local key, place, size = entry[1], entry[2], entry[3]
		local within = range:range(at + place, size)
		local shown = item:add(f["enet." .. (OWN_NAMES[key] or key)], within)
		if key == "reason" then
			local reason = u32(s, at + place)
			local words = "DISCONNECT: " .. (REASONS[reason] or string.format("data %d", reason))
			if REASONS[reason] then shown:append_text(" (" .. REASONS[reason] .. ")") end
			shown:add_proto_expert_info(reason == 0 and x.disconnect or x.refused, words)
		end
	end
	if each.number == THROTTLE then item:add_proto_expert_info(x.throttle) end
	local name = spec.name
	if each.number == DISCONNECT then
		local reason = u32(s, at + 4)
		if reason ~= 0 then name = name .. " (" .. (REASONS[reason] or string.format("data %d", reason)) .. ")" end
	end
	if each.number == CONNECT or each.number == VERIFY then
		seen:once(function()
			note_connecting(seen, slot, s, each)
			return true
		end)
	end
	return item, name
end

local function show_order(s, each, item, seen, stream, slot)
	if each.flags == 0x80 then
		local order = seen:once(function() return note_reliable(seen, stream, each) end)
		if order.retransmission_of then
			item:add(f["enet.retransmission_of"], order.retransmission_of):set_generated()
			item:add_proto_expert_info(x.retransmission)
			item:append_text(" [retransmission]")
			return true
		elseif order.gap then
			item:add(f["enet.gap"], order.gap):set_generated()
			item:add_proto_expert_info(x.gap)
		end
	elseif each.number == ACK then
		local before = seen:once(function() return acknowledged(seen, slot, s, each) end)
		if before then
			item:add(f["enet.acknowledges"], before.number):set_generated()
			item:add(f["enet.ack_delay"], before.delay):set_generated()
		end
	end
	return false
end

local function show_payload(s, range, each, item, root, seen, stream)
	local at = each.at + each.spec.size
	if each.payload > 0 then item:add(f["enet.payload"], range:range(at, each.payload)) end
	if each.number ~= FRAGMENT and each.number ~= UNRELIABLE_FRAGMENT then
		local bytes = { s = s:sub(at + 1, at + each.payload), range = slice(range, at, each.payload) }
		local words = packet(bytes, root, seen, each.channel)
		return words or string.format("%s, %d bytes", each.spec.name, each.payload)
	end
	local fragment = seen:once(function() return note_fragment(seen, stream, s, each) end)
	local name = string.format("%s %d/%d", each.spec.name, u32(s, each.at + 12) + 1, u32(s, each.at + 8))
	if fragment.is_wrong then
		item:add_proto_expert_info(x.malformed, "This fragment contradicts its packet")
	elseif fragment.data and #fragment.data > 0 then
		local bytes = buffer(fragment.data, "Reassembled ENet packet")
		item:add(f["enet.reassembled_length"], #fragment.data):set_generated()
		local words = packet(bytes, root, seen, each.channel)
		return name .. ", packet of " .. #fragment.data .. " bytes" .. (words and ": " .. words or "")
	elseif fragment.packet.number then
		item:add(f["enet.reassembled_in"], fragment.packet.number):set_generated()
	end
	return name
end

local function show_commands(s, range, start, tree, root, seen, slot)
	local list, at, trouble = parse(s, start)
	for _, each in ipairs(list) do
		local item, name = show_command(s, range, each, tree, seen, slot)
		local stream = stream_of(seen.pair, seen.source, slot)
		local is_repeated = show_order(s, each, item, seen, stream, slot)
		if each.spec.length then
			name = show_payload(s, range, each, item, root, seen, stream)
		end
		seen.info[#seen.info + 1] = is_repeated and name .. " [retransmission]" or name
	end
	if trouble then
		local item = tree:add(f["enet.trailing"], range:range(at))
		if not is_padding(s, at) then
			item:add_proto_expert_info(x.malformed, "ENet ends here: " .. trouble)
			seen.info[#seen.info + 1] = "[malformed]"
		end
	end
end

--- Whether the bytes are a DTLS record, which Wireshark's own dissector reads.
local function is_dtls(s) return #s >= 13 and u8(s, 0) >= 20 and u8(s, 0) <= 25 and u8(s, 1) == 254 and u8(s, 2) >= 253 end

--- The suffixes of the preference, as bytes.
local suffixes, suffixes_of = {}, ""
local function known_suffixes()
	if suffixes_of ~= enet.prefs.suffix then
		suffixes, suffixes_of = {}, enet.prefs.suffix
		for digits in suffixes_of:gmatch("%x+") do
			if #digits % 2 == 0 then
				suffixes[#suffixes + 1] = digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
			end
		end
	end
	return suffixes
end

--- How many of the bytes are ENet's: all but a suffix that the user named.
local function own_size(s)
	for _, suffix in ipairs(known_suffixes()) do
		if #s >= #suffix + 2 and s:sub(-#suffix) == suffix then return #s - #suffix end
	end
	return #s
end

--- Shows a datagram without what is behind it.
local function show_datagram(tvb, s, pinfo, root, tree)
	local whole_range = tvb:range(0, #s)
	local seen = visit(pinfo, #s)
	pinfo.cols.protocol = "ENet"
	local head = header(s)
	if not head then
		tree:add_proto_expert_info(x.malformed, "The header is cut short")
		pinfo.cols.info = "[malformed]"
		return
	end
	for _, key in ipairs({ "has_time", "compressed", "session", "slot" }) do
		local shown = tree:add(f["enet." .. key], whole_range:range(0, 2))
		if key == "slot" and head.slot == NO_SLOT then shown:append_text(" (not known yet)") end
	end
	if head.has_time then tree:add(f["enet.sent_time"], whole_range:range(2, 2)) end
	if enet.prefs.checksum then tree:add(f["enet.checksum"], whole_range:range(head.size - 4, 4)) end
	if tvb:captured_len() < tvb:reported_len() then tree:add_proto_expert_info(x.truncated) end
	-- The one that sends knows the slot of the other: later acknowledgements refer to it.
	seen:once(function()
		if head.slot ~= NO_SLOT then seen.pair.last[seen.source] = head.slot end
		return true
	end)
	if not head.is_packed then
		show_commands(s, whole_range, head.size, tree, root, seen, head.slot)
	elseif head.size < #s then
		tree:add(f["enet.packed"], whole_range:range(head.size))
		local packed = s:sub(head.size + 1)
		local unpacked = seen:once(function()
			if enet.prefs.compression == PLAIN then return nil end
			local plain, codec = decompress(packed, head.slot, head.has_time, seen.pair.codec)
			if not plain then return nil end
			seen.pair.codec = codec
			return { plain = plain, codec = codec }
		end)
		if unpacked then
			local name = string.format("%s, %d bytes from %d", CODECS[unpacked.codec].name, #unpacked.plain, #packed)
			tree:add(f["enet.codec"], CODECS[unpacked.codec].name):set_generated()
			local bytes = buffer(unpacked.plain, "Decompressed: " .. name)
			show_commands(bytes.s, bytes.range, 0, tree, root, seen, head.slot)
		else
			local format = is_zstd(packed) and "Zstandard" or "unknown codec"
			tree:add_proto_expert_info(x.undecoded)
			seen.info[1] = string.format("compressed (%s), %d bytes", format, #packed)
		end
	end
	if seen.is_godot then pinfo.cols.protocol = "Godot" end
	pinfo.cols.info = table.concat(seen.info, "; ")
	tree:append_text(", " .. shortened(table.concat(seen.info, "; ")))
end

function enet.dissector(tvb, pinfo, root)
	if tvb:captured_len() < 2 then return 0 end
	local s = tvb:range(0, tvb:captured_len()):raw()
	if is_dtls(s) then return 0 end
	local tree = root:add(enet, tvb:range(0, #s))
	local own = own_size(s)
	if own < #s then tree:add(f["enet.suffix"], tvb:range(own)) end
	show_datagram(tvb, s:sub(1, own), pinfo, root, tree)
	return #s
end

---------------------------------------------------------------------------------------------------
-- Finding ENet among other traffic
---------------------------------------------------------------------------------------------------

--- Bits of evidence that a first datagram must bring. The shortest packets bring fewer: they are read once another datagram
--- between the same ends brought more.
local ENOUGH = 24

local function is_enet(tvb)
	if tvb:captured_len() < tvb:reported_len() or tvb:captured_len() > MAX_DATAGRAM then return false end
	local s = tvb:range():raw()
	s = s:sub(1, own_size(s))
	local head = header(s)
	if not head or is_dtls(s) then return false end
	if not head.is_packed then return (certainty(s, head.size, head.slot, head.has_time) or 0) >= ENOUGH end
	local plain = decompress(s:sub(head.size + 1), head.slot, head.has_time, nil, true)
	return plain ~= nil and certainty(plain, 0, head.slot, head.has_time) >= ENOUGH
end

enet:register_heuristic("udp", function(tvb, pinfo, root)
	if tvb:captured_len() < 6 or not is_enet(tvb) then return false end
	pinfo.conversation = enet
	return enet.dissector(tvb, pinfo, root) > 0
end)

local udp_ports = DissectorTable.get("udp.port")
local listed = ""
udp_ports:add_for_decode_as(enet)

function enet.prefs_changed()
	local ports = tostring(enet.prefs.ports)
	if ports == listed then return end
	if listed ~= "" then udp_ports:remove(listed, enet) end
	listed = ports
	if listed ~= "" then udp_ports:add(listed, enet) end
end

// What the wrapper asks of the objects, with the stubs of Godot.cs. A line per case, and a last line `N passed, M failed`.
using System;
using System.Collections.Generic;
using ENetRs;
using Godot;

public static class Test
{
    private static int _passed;
    private static int _failed;

    public static int Main()
    {
        Throws<InvalidOperationException>(() => ENetMultiplayerPeerRs.Create(), "without the extension, nothing is made");
        ClassDB.IsLoaded = true;
        Methods();
        Properties();
        Events();
        Objects();
        Examples();
        Console.WriteLine(_passed + " passed, " + _failed + " failed");
        return _failed == 0 ? 0 : 1;
    }

    private static void Methods()
    {
        var peer = ENetMultiplayerPeerRs.Create();
        peer.Wrapped.Answers["create_server"] = 31L;
        Check(peer.CreateServer(24565, maxClients: 8) == Error.InvalidParameter, "the result is an Error");
        peer.DisconnectPeerWithReason(7, (long)ENetMultiplayerPeerRs.DisconnectReason.Banned);
        peer.StartCapture("user://a.pcapng");
        peer.SetPeerSimulation(7, null);
        Equal(
            string.Join("; ", peer.Wrapped.Calls),
            "create_server(24565, 8, 0, 0, 0); disconnect_peer_with_reason(7, 1162761221, False); "
            + "start_capture(user://a.pcapng, Godot.Collections.Dictionary); set_peer_simulation(7, null)",
            "defaults are those of the extension");
        Check(ENetSimulationRs.GetPresetNames() == null, "a static method");
        Equal(Last().Calls[0], "get_preset_names()", "a static method is called on an object of the class");
    }

    private static void Properties()
    {
        var peer = ENetMultiplayerPeerRs.Create();
        peer.FlushMode = ENetMultiplayerPeerRs.FlushModeEnum.Immediate;
        Check(peer.Wrapped.Get("flush_mode").AsInt64() == 1, "an enum is set as a number");
        Check(peer.FlushMode == ENetMultiplayerPeerRs.FlushModeEnum.Immediate, "and read as an enum");
        peer.Threaded = false;
        Check(!peer.Threaded, "a bool");
        var simulation = ENetSimulationRs.Create();
        simulation.OutgoingLatency = 80.0;
        peer.Simulation = simulation;
        Check(peer.Simulation == simulation && peer.Simulation.OutgoingLatency == 80.0, "an object is wrapped again");
        peer.Simulation = null;
        Check(peer.Simulation == null, "null stays null");
        Check(ENetPacketPeerRs.PacketLossScale == 65536, "a constant");
    }

    private static void Events()
    {
        var peer = ENetMultiplayerPeerRs.Create();
        var told = new List<string>();
        Action<long, ENetMultiplayerPeerRs.DisconnectReason, long> listen = (id, reason, data) => told.Add(id + " " + reason + " " + data);
        peer.PeerDisconnectedWithReason += listen;
        peer.Wrapped.Emit("peer_disconnected_with_reason", 2L, ENetMultiplayerPeerRs.DisconnectReason.Timeout, 0L);
        peer.PeerDisconnectedWithReason -= listen;
        peer.Wrapped.Emit("peer_disconnected_with_reason", 3L, ENetMultiplayerPeerRs.DisconnectReason.Timeout, 0L);
        Equal(string.Join("; ", told), "2 Timeout 0", "an event is connected and disconnected");
    }

    private static void Objects()
    {
        var connection = ENetConnectionRs.Create();
        var remote = new PacketPeerExtension("ENetPacketPeerRs");
        connection.Wrapped.Answers["get_peers"] = new Godot.Collections.Array { remote };
        ENetPacketPeerRs[] peers = connection.GetPeers();
        Check(peers.Length == 1 && peers[0] == ENetPacketPeerRs.From(remote), "wrappers of one object are equal");
        Check(peers[0].GetHashCode() == ENetPacketPeerRs.From(remote).GetHashCode(), "and have the same hash");
        Check(ENetPacketPeerRs.From(null) == null, "null is not wrapped");
        Throws<ArgumentException>(() => ENetPacketPeerRs.From(connection.Wrapped), "an object of another class is refused");
        var api = new MultiplayerApi();
        api.MultiplayerPeer = ENetMultiplayerPeerRs.Create();
        Check(api.MultiplayerPeer.GetClass() == "ENetMultiplayerPeerRs", "the wrapper passes for the engine's class");
        using (ENetConnectionRs brief = ENetConnectionRs.Create())
        {
            Check(!brief.Wrapped.IsDisposed, "an object lives within its block");
        }
        Check(Last().IsDisposed, "and is disposed at its end");
        PacketPeer packets = peers[0];
        Check(packets == remote, "a peer passes for a PacketPeer");
    }

    private static void Examples()
    {
        new Example0.Game()._Ready();
        GodotObject peer = Last();
        Equal(peer.Calls[0], "create_server(24565, 32, 0, 0, 0)", "the first example of docs/csharp.md");
        peer.Emit("peer_disconnected_with_reason", 5L, ENetMultiplayerPeerRs.DisconnectReason.Full, 0L);
        Check(GD.Printed.Count == 1 && GD.Printed[0].Contains("5"), "its handler: " + string.Join("; ", GD.Printed));
    }

    private static GodotObject Last()
    {
        return ClassDB.Made[ClassDB.Made.Count - 1];
    }

    private static void Equal(string actual, string expected, string what)
    {
        Check(actual == expected, actual == expected ? what : what + ": " + actual);
    }

    private static void Throws<T>(Action action, string what) where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
            Check(true, what);
            return;
        }
        Check(false, what);
    }

    private static void Check(bool holds, string what)
    {
        Console.WriteLine((holds ? "ok" : "FAIL") + " csharp " + what);
        _passed += holds ? 1 : 0;
        _failed += holds ? 0 : 1;
    }
}

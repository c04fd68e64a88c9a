// Stubs of the part of Godot's C# API that the wrapper and its examples use, written by hand after the documentation. They stand
// in for a Godot with .NET, which the tests do not have: an object remembers what was called and set, and answers what the test
// tells it to.
using System;
using System.Collections.Generic;
using System.Linq;

namespace Godot
{
    public enum Error : long
    {
        Ok = 0,
        Failed = 1,
        InvalidParameter = 31,
    }

    public struct Vector2I
    {
        public int X;
        public int Y;
    }

    public sealed class StringName
    {
        private readonly string _name;

        public StringName(string name)
        {
            _name = name;
        }

        public static implicit operator StringName(string from)
        {
            return new StringName(from);
        }

        public static implicit operator string(StringName from)
        {
            return from._name;
        }

        public override string ToString()
        {
            return _name;
        }
    }

    public struct Callable
    {
        public Delegate Target;

        public static Callable From(Action action)
        {
            return new Callable { Target = action };
        }

        public static Callable From<T0>(Action<T0> action)
        {
            return new Callable { Target = action };
        }

        public static Callable From<T0, T1>(Action<T0, T1> action)
        {
            return new Callable { Target = action };
        }

        public static Callable From<T0, T1, T2>(Action<T0, T1, T2> action)
        {
            return new Callable { Target = action };
        }

        public static Callable From<T0, TResult>(Func<T0, TResult> func)
        {
            return new Callable { Target = func };
        }
    }

    public struct Variant
    {
        public object Obj;

        public static Variant From<T>(T from)
        {
            return new Variant { Obj = from };
        }

        public static implicit operator Variant(bool from) { return From(from); }
        public static implicit operator Variant(int from) { return From((long)from); }
        public static implicit operator Variant(long from) { return From(from); }
        public static implicit operator Variant(double from) { return From(from); }
        public static implicit operator Variant(string from) { return From(from); }
        public static implicit operator Variant(byte[] from) { return From(from); }
        public static implicit operator Variant(string[] from) { return From(from); }
        public static implicit operator Variant(Vector2I from) { return From(from); }
        public static implicit operator Variant(Callable from) { return From(from); }
        public static implicit operator Variant(GodotObject from) { return From(from); }
        public static implicit operator Variant(Collections.Array from) { return From(from); }
        public static implicit operator Variant(Collections.Dictionary from) { return From(from); }

        public bool AsBool() { return Obj != null && (bool)Obj; }
        public int AsInt32() { return (int)AsInt64(); }
        public long AsInt64() { return Obj == null ? 0 : (long)Obj; }
        public double AsDouble() { return Obj == null ? 0.0 : (double)Obj; }
        public string AsString() { return Obj == null ? "" : (string)Obj; }
        public byte[] AsByteArray() { return (byte[])Obj; }
        public string[] AsStringArray() { return (string[])Obj; }
        public Vector2I AsVector2I() { return (Vector2I)Obj; }
        public Callable AsCallable() { return (Callable)Obj; }
        public GodotObject AsGodotObject() { return (GodotObject)Obj; }
        public Collections.Array AsGodotArray() { return (Collections.Array)Obj; }
        public Collections.Array<T> AsGodotArray<T>() { return (Collections.Array<T>)Obj; }
        public Collections.Dictionary AsGodotDictionary() { return (Collections.Dictionary)Obj; }
    }

    namespace Collections
    {
        public sealed class Array : List<Variant>
        {
        }

        public sealed class Array<T> : List<T>
        {
        }

        public sealed class Dictionary : Dictionary<Variant, Variant>
        {
        }
    }

    public class GodotObject : IDisposable
    {
        private readonly string _class;
        private readonly Dictionary<string, Variant> _values = new Dictionary<string, Variant>();
        private readonly List<KeyValuePair<string, Delegate>> _connections = new List<KeyValuePair<string, Delegate>>();

        public GodotObject(string ofClass)
        {
            _class = ofClass;
        }

        // What a test looks at, and sets.
        public List<string> Calls = new List<string>();
        public Dictionary<string, Variant> Answers = new Dictionary<string, Variant>();

        public bool IsDisposed;

        public void Dispose()
        {
            IsDisposed = true;
        }

        public string GetClass()
        {
            return _class;
        }

        public bool IsClass(string name)
        {
            return name == _class || name == GetType().Name;
        }

        public Variant Get(StringName property)
        {
            return _values.ContainsKey(property) ? _values[property] : default(Variant);
        }

        public void Set(StringName property, Variant value)
        {
            _values[property] = value;
        }

        public Variant Call(StringName method, params Variant[] args)
        {
            Calls.Add(method + "(" + string.Join(", ", args.Select(it => it.Obj ?? "null")) + ")");
            return Answers.ContainsKey(method) ? Answers[method] : default(Variant);
        }

        public Error Connect(StringName signal, Callable callable, uint flags = 0)
        {
            _connections.Add(new KeyValuePair<string, Delegate>(signal, callable.Target));
            return Error.Ok;
        }

        public void Disconnect(StringName signal, Callable callable)
        {
            _connections.Remove(new KeyValuePair<string, Delegate>(signal, callable.Target));
        }

        public void Emit(string signal, params object[] args)
        {
            foreach (var connection in _connections.Where(it => it.Key == signal).ToList())
            {
                connection.Value.DynamicInvoke(args);
            }
        }
    }

    public class RefCounted : GodotObject
    {
        public RefCounted(string ofClass) : base(ofClass) { }
    }

    public class Resource : RefCounted
    {
        public Resource(string ofClass) : base(ofClass) { }
    }

    public class PacketPeer : RefCounted
    {
        public PacketPeer(string ofClass) : base(ofClass) { }

        public byte[] GetPacket()
        {
            return Call("get_packet").AsByteArray();
        }
    }

    public class MultiplayerPeer : PacketPeer
    {
        public MultiplayerPeer(string ofClass) : base(ofClass) { }

        public void Close()
        {
            Call("close");
        }
    }

    public class MultiplayerPeerExtension : MultiplayerPeer
    {
        public MultiplayerPeerExtension(string ofClass) : base(ofClass) { }
    }

    public class PacketPeerExtension : PacketPeer
    {
        public PacketPeerExtension(string ofClass) : base(ofClass) { }
    }

    public class TlsOptions : RefCounted
    {
        public TlsOptions() : base("TLSOptions") { }
    }

    public class CryptoKey : Resource
    {
        public CryptoKey() : base("CryptoKey") { }
    }

    public class X509Certificate : Resource
    {
        public X509Certificate() : base("X509Certificate") { }
    }

    public class MultiplayerApi : RefCounted
    {
        public MultiplayerApi() : base("MultiplayerAPI") { }

        public MultiplayerPeer MultiplayerPeer { get; set; }
    }

    public class Node : GodotObject
    {
        public Node() : base("Node") { }

        public MultiplayerApi Multiplayer { get; } = new MultiplayerApi();

        public virtual void _Ready()
        {
        }

        public virtual void _Process(double delta)
        {
        }
    }

    public static class ClassDB
    {
        public static bool IsLoaded;
        public static List<GodotObject> Made = new List<GodotObject>();

        public static bool ClassExists(StringName name)
        {
            return IsLoaded && name.ToString().StartsWith("ENet", StringComparison.Ordinal);
        }

        public static Variant Instantiate(StringName name)
        {
            string ofClass = name;
            GodotObject made;
            switch (ofClass)
            {
                case "ENetMultiplayerPeerRs":
                case "ENetConnectionRs":
                    made = new MultiplayerPeerExtension(ofClass);
                    break;
                case "ENetJoinTokensRs":
                    made = new RefCounted(ofClass);
                    break;
                default:
                    made = new Resource(ofClass);
                    break;
            }
            Made.Add(made);
            return made;
        }
    }

    public static class GD
    {
        public static List<string> Printed = new List<string>();

        public static void Print(params object[] what)
        {
            Printed.Add(string.Concat(what));
        }
    }
}

using System;
using Godot;

namespace ENetRs
{
    /// <summary>
    /// What the wrappers of the extension's objects have in common. Godot's C# has no types for the classes of an extension:
    /// their objects appear as objects of the engine's class that they extend. A wrapper calls such an object by the names of its
    /// members, and has no state of its own.
    /// </summary>
    public abstract class ENetObject : IEquatable<ENetObject>
    {
        private protected ENetObject(GodotObject wrapped)
        {
            Wrapped = wrapped;
        }

        /// <summary>The object of the extension.</summary>
        public GodotObject Wrapped { get; }

        /// <summary>Whether both wrap the same object.</summary>
        public bool Equals(ENetObject other)
        {
            return !ReferenceEquals(other, null) && Wrapped.Equals(other.Wrapped);
        }

        public override bool Equals(object other)
        {
            return Equals(other as ENetObject);
        }

        public override int GetHashCode()
        {
            return Wrapped.GetHashCode();
        }

        public static bool operator ==(ENetObject left, ENetObject right)
        {
            return ReferenceEquals(left, null) ? ReferenceEquals(right, null) : left.Equals(right);
        }

        public static bool operator !=(ENetObject left, ENetObject right)
        {
            return !(left == right);
        }

        private protected static GodotObject Instantiate(StringName className)
        {
            GodotObject made = ClassDB.ClassExists(className) ? ClassDB.Instantiate(className).AsGodotObject() : null;
            if (made == null)
            {
                throw new InvalidOperationException(
                    "Godot has no class " + className + ": the extension enet_rs is not loaded. In the editor, the output says why. "
                    + "Browsers have no UDP, so a web export lacks the extension.");
            }
            return made;
        }

        private protected static GodotObject Checked(GodotObject wrapped, StringName className)
        {
            if (!wrapped.IsClass(className))
            {
                throw new ArgumentException("The object must be of the class " + className + ", not " + wrapped.GetClass());
            }
            return wrapped;
        }

        private protected static GodotObject Unwrapped(ENetObject wrapper)
        {
            return ReferenceEquals(wrapper, null) ? null : wrapper.Wrapped;
        }

        private protected static T[] All<T>(Variant array, Func<GodotObject, T> wrap)
        {
            Godot.Collections.Array objects = array.AsGodotArray();
            T[] wrappers = new T[objects.Count];
            for (int index = 0; index < wrappers.Length; index++)
            {
                wrappers[index] = wrap(objects[index].AsGodotObject());
            }
            return wrappers;
        }
    }
}

//! Godot's types and names in C#.

use crate::Outcome;

/// A type of an argument, a property or a result.
pub struct Type {
    /// Its name in C#.
    pub name: String,
    kind: Kind,
}

enum Kind {
    Void,
    /// The method of a Variant that returns the type.
    Plain(&'static str),
    Number(&'static str),
    Enum,
    /// A class of the extension.
    Own,
    /// An array of objects of such a class.
    OwnArray(String),
    /// A class of the engine.
    Engine,
    /// An array of byte arrays.
    ByteArrays,
    Dictionary,
}

impl Type {
    /// A type as the XML names it; an enum comes with its name in C#. `is_own` knows the extension's classes.
    pub fn read(name: &str, of_enum: Option<&str>, is_own: impl Fn(&str) -> bool) -> Outcome<Self> {
        if let Some(of_enum) = of_enum {
            return Ok(Self::new(of_enum, Kind::Enum));
        }
        let plain = |name: &str, convert| Ok(Self::new(name, Kind::Plain(convert)));
        match name {
            "void" => Ok(Self::new("void", Kind::Void)),
            "int" => Ok(Self::new("long", Kind::Number("AsInt64"))),
            "float" => Ok(Self::new("double", Kind::Number("AsDouble"))),
            "bool" => plain("bool", "AsBool"),
            "String" => plain("string", "AsString"),
            "Array" => plain("Godot.Collections.Array", "AsGodotArray"),
            "Dictionary" => Ok(Self::new("Godot.Collections.Dictionary", Kind::Dictionary)),
            "Callable" => plain("Callable", "AsCallable"),
            "Vector2i" => plain("Vector2I", "AsVector2I"),
            "PackedByteArray" => plain("byte[]", "AsByteArray"),
            "PackedStringArray" => plain("string[]", "AsStringArray"),
            "PackedByteArray[]" => Ok(Self::new(
                "Godot.Collections.Array<byte[]>",
                Kind::ByteArrays,
            )),
            "TLSOptions" => Ok(Self::new("TlsOptions", Kind::Engine)),
            "CryptoKey" | "X509Certificate" => Ok(Self::new(name, Kind::Engine)),
            _ if is_own(name) => Ok(Self::new(name, Kind::Own)),
            _ => match name.strip_suffix("[]").filter(|&name| is_own(name)) {
                Some(item) => Ok(Self::new(name, Kind::OwnArray(item.to_owned()))),
                None => Err(format!(
                    "the C# wrapper knows no type {name}; add it to rust/xtask/src/csharp/types.rs"
                )),
            },
        }
    }

    fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
        }
    }

    /// An expression of this type for an expression of type Variant.
    pub fn read_variant(&self, variant: &str) -> String {
        let name = &self.name;
        match &self.kind {
            Kind::Void => variant.to_owned(),
            Kind::Plain(convert) | Kind::Number(convert) => format!("{variant}.{convert}()"),
            Kind::Enum => format!("({name}){variant}.AsInt64()"),
            Kind::Own => format!("{name}.From({variant}.AsGodotObject())"),
            Kind::OwnArray(item) => format!("All({variant}, {item}.From)"),
            Kind::Engine => format!("({name}){variant}.AsGodotObject()"),
            Kind::ByteArrays => format!("{variant}.AsGodotArray<byte[]>()"),
            Kind::Dictionary => format!("{variant}.AsGodotDictionary()"),
        }
    }

    /// An expression that converts to a Variant by itself.
    pub fn pass_variant(&self, expression: &str) -> String {
        match &self.kind {
            Kind::Enum => format!("(long){expression}"),
            Kind::Own => format!("Unwrapped({expression})"),
            Kind::ByteArrays => format!("Variant.From({expression})"),
            Kind::Dictionary => format!("{expression} ?? new Godot.Collections.Dictionary()"),
            _ => expression.to_owned(),
        }
    }

    /// A default value of the XML as a constant in C#.
    pub fn constant(&self, default: &str) -> Outcome<String> {
        let refused = || format!("the C# wrapper cannot write the default {default}");
        match &self.kind {
            Kind::Enum => Ok(format!("({}){default}", self.name)),
            Kind::Dictionary if default == "{}" => Ok("null".to_owned()),
            Kind::Engine if default == "null" => Ok("null".to_owned()),
            Kind::Plain("AsBool") => Ok(default.to_owned()),
            Kind::Plain("AsString") if default.starts_with('"') => Ok(default.to_owned()),
            Kind::Number(_) => match default.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(default.to_owned()),
                _ => Err(refused()),
            },
            _ => Err(refused()),
        }
    }
}

/// `peer_disconnected` as `PeerDisconnected`.
pub fn pascal(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + &rest.to_lowercase()
        })
        .collect()
}

/// `peer_id` as `peerId`, and a keyword of C# with its sign.
pub fn camel(name: &str) -> String {
    let pascal = pascal(name);
    let (first, rest) = pascal.split_at(1);
    let name = first.to_lowercase() + rest;
    match name.as_str() {
        "base" | "event" | "object" | "params" | "ref" | "string" => format!("@{name}"),
        _ => name,
    }
}

/// The words that all values of an enum begin with: C# leaves them out, as Godot's own bindings do.
pub fn common_prefix<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let Some(first) = names.next() else {
        return String::new();
    };
    let mut prefix: Vec<&str> = first.split('_').collect();
    // The last word remains as the name.
    prefix.pop();
    for name in names {
        let words: Vec<&str> = name.split('_').collect();
        let same = prefix
            .iter()
            .zip(&words)
            .take_while(|(a, b)| a == b)
            .count();
        prefix.truncate(same.min(words.len() - 1));
    }
    prefix.iter().map(|word| format!("{word}_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_csharp() {
        assert_eq!(pascal("get_peer"), "GetPeer");
        assert_eq!(pascal("COMPRESS_ZSTD_DICT"), "CompressZstdDict");
        assert_eq!(camel("peer_id"), "peerId");
        assert_eq!(camel("event"), "@event");
        let names = [
            "PEER_PACKET_LOSS",
            "PEER_PACKET_LOSS_VARIANCE",
            "PEER_ROUND_TRIP_TIME",
        ];
        assert_eq!(common_prefix(names.into_iter()), "PEER_");
        assert_eq!(
            common_prefix(["FLUSH_FRAME", "FLUSH_IMMEDIATE"].into_iter()),
            "FLUSH_"
        );
    }

    #[test]
    fn unknown_types_and_defaults_are_errors() {
        let own = |name: &str| name == "ENetPacketPeerRs";
        assert!(Type::read("Quaternion", None, own).is_err());
        let peers = Type::read("ENetPacketPeerRs[]", None, own).expect("an array");
        assert_eq!(peers.read_variant("v"), "All(v, ENetPacketPeerRs.From)");
        let number = Type::read("float", None, own).expect("a number");
        assert!(number.constant("INF").is_err());
    }
}

//! One class of the wrapper as text.

use std::fmt::Write;

use super::types::{Type, camel, common_prefix, pascal};
use super::xml::Element;
use crate::Outcome;

/// A class with all members as C# code.
pub struct Class {
    pub name: String,
    base: String,
    /// The names of members in Godot that the code uses.
    names: Vec<String>,
    members: String,
}

/// A value that the caller passes.
struct Argument {
    name: String,
    of_type: Type,
    default: Option<String>,
}

impl Class {
    pub fn read(class: &Element, classes: &[Element], own: &[&str]) -> Outcome<Self> {
        let mut this = Self {
            name: class.needed("name")?.to_owned(),
            base: class.needed("inherits")?.to_owned(),
            names: Vec::new(),
            members: String::new(),
        };
        let types = Types {
            of: &this.name.clone(),
            classes,
            own,
        };
        this.enums(class, &types)?;
        for member in class.listed("members", "member") {
            this.property(member, &types)?;
        }
        for method in class.listed("methods", "method") {
            this.method(method, &types)?;
        }
        for signal in class.listed("signals", "signal") {
            this.event(signal, &types)?;
        }
        Ok(this)
    }

    fn enums(&mut self, class: &Element, types: &Types<'_>) -> Outcome<()> {
        let constants: Vec<&Element> = class.listed("constants", "constant").collect();
        let mut enums: Vec<&str> = Vec::new();
        for constant in &constants {
            match constant.attribute("enum") {
                Some(of_enum) if !enums.contains(&of_enum) => enums.push(of_enum),
                Some(_) => {}
                None => {
                    let (name, value) = (constant.needed("name")?, constant.needed("value")?);
                    self.line(&format!("public const long {} = {value};", pascal(name)));
                }
            }
        }
        for of_enum in enums {
            let values: Vec<&&Element> = constants
                .iter()
                .filter(|constant| constant.attribute("enum") == Some(of_enum))
                .collect();
            let names = values.iter().filter_map(|value| value.attribute("name"));
            let prefix = common_prefix(names);
            let name = types.enum_name(&format!("{}.{of_enum}", types.of))?;
            let name = name.rsplit('.').next().unwrap_or_default();
            self.line("");
            self.line(&format!("public enum {name} : long"));
            self.line("{");
            for value in values {
                let (name, number) = (value.needed("name")?, value.needed("value")?);
                let name = pascal(name.strip_prefix(&prefix).unwrap_or(name));
                self.line(&format!("    {name} = {number},"));
            }
            self.line("}");
        }
        Ok(())
    }

    fn property(&mut self, member: &Element, types: &Types<'_>) -> Outcome<()> {
        let name = member.needed("name")?;
        let of_type = types.read(member)?;
        let in_godot = self.in_godot(name);
        let read = of_type.read_variant(&format!("Wrapped.Get({in_godot})"));
        let head = format!("public {} {}", of_type.name, pascal(name));
        self.line("");
        if member.attribute("setter").is_none_or(str::is_empty) {
            self.line(&format!("{head} => {read};"));
            return Ok(());
        }
        let value = of_type.pass_variant("value");
        self.line(&head);
        self.line("{");
        self.line(&format!("    get {{ return {read}; }}"));
        self.line(&format!("    set {{ Wrapped.Set({in_godot}, {value}); }}"));
        self.line("}");
        Ok(())
    }

    fn method(&mut self, method: &Element, types: &Types<'_>) -> Outcome<()> {
        let name = method.needed("name")?;
        let result = method
            .all("return")
            .next()
            .ok_or_else(|| format!("{name} has no return"))?;
        let result = types.read(result)?;
        let arguments = arguments(method, types)?;
        let declared: Vec<String> = arguments.iter().map(Argument::declared).collect();
        let in_godot = self.in_godot(name);
        let mut passed = vec![in_godot];
        passed.extend(arguments.iter().map(|it| it.of_type.pass_variant(&it.name)));
        let is_static = method
            .attribute("qualifiers")
            .is_some_and(|qualifiers| qualifiers.contains("static"));
        let (word, object) = match is_static {
            true => ("static ", "Instantiate(ClassName)"),
            false => ("", "Wrapped"),
        };
        let call = format!("{object}.Call({})", passed.join(", "));
        self.line("");
        self.line(&format!(
            "public {word}{} {}({})",
            result.name,
            pascal(name),
            declared.join(", ")
        ));
        self.line("{");
        let returned = match result.name.as_str() {
            "void" => call,
            _ => format!("return {}", result.read_variant(&call)),
        };
        self.line(&format!("    {returned};"));
        self.line("}");
        Ok(())
    }

    fn event(&mut self, signal: &Element, types: &Types<'_>) -> Outcome<()> {
        let name = signal.needed("name")?;
        let in_godot = self.in_godot(name);
        let arguments = arguments(signal, types)?;
        let list: Vec<&str> = arguments
            .iter()
            .map(|it| it.of_type.name.as_str())
            .collect();
        let action = match list.is_empty() {
            true => "Action".to_owned(),
            false => format!("Action<{}>", list.join(", ")),
        };
        let names: Vec<&str> = arguments.iter().map(|it| it.name.as_str()).collect();
        self.line("");
        self.line(&format!(
            "/// <summary>Its arguments: ({}).</summary>",
            names.join(", ")
        ));
        self.line(&format!("public event {action} {}", pascal(name)));
        self.line("{");
        for (accessor, method) in [("add", "Connect"), ("remove", "Disconnect")] {
            self.line(&format!(
                "    {accessor} {{ Wrapped.{method}({in_godot}, Callable.From(value)); }}"
            ));
        }
        self.line("}");
        Ok(())
    }

    /// The expression for a member's name in Godot.
    fn in_godot(&mut self, name: &str) -> String {
        self.names.push(name.to_owned());
        format!("Names.{}", pascal(name))
    }

    fn line(&mut self, text: &str) {
        let indent = if text.is_empty() { "" } else { "        " };
        self.members += &format!("{indent}{text}\n");
    }

    /// The file of the class.
    pub fn text(&self) -> String {
        let (name, base) = (&self.name, &self.base);
        let engine = base.strip_suffix("Extension").unwrap_or(base);
        let mut text = format!(
            "// <auto-generated>\n\
             // Written by \"cargo xtask csharp\" from what Godot says of the class {name}. Do not edit.\n\
             // </auto-generated>\n\
             using System;\nusing Godot;\n\n\
             namespace ENetRs\n{{\n    \
             /// <summary>The class {name} of the extension enet_rs, with types. The editor's help describes it.</summary>\n    \
             public sealed class {name} : ENetObject\n    {{\n        \
             private static readonly StringName ClassName = \"{name}\";\n\n        \
             private {name}(GodotObject wrapped) : base(wrapped)\n        {{\n        }}\n\n"
        );
        let mut member = |summary: &str, code: &str| {
            let _ = write!(
                text,
                "        /// <summary>{summary}</summary>\n        {code}\n\n"
            );
        };
        // Connections make the peers.
        if base != "PacketPeerExtension" {
            member(
                "Makes an object. Throws InvalidOperationException if the extension is not loaded.",
                &format!(
                    "public static {name} Create() {{ return new {name}(Instantiate(ClassName)); }}"
                ),
            );
        }
        member(
            "Wraps an object that Godot has made. Null stays null; an object of another class throws ArgumentException.",
            &format!(
                "public static {name} From(GodotObject wrapped) {{ return wrapped == null ? null : new {name}(Checked(wrapped, ClassName)); }}"
            ),
        );
        member(
            &format!("The object as Godot's {engine}, whose members it has, too."),
            &format!("public {engine} As{engine} {{ get {{ return ({engine})Wrapped; }} }}"),
        );
        member(
            "The same, where such an object is expected.",
            &format!(
                "public static implicit operator {engine}({name} it) {{ return it == null ? null : it.As{engine}; }}"
            ),
        );
        text += self.members.trim_start_matches('\n');
        text += "\n        private static class Names\n        {\n";
        for name in &self.names {
            let _ = writeln!(
                text,
                "            internal static readonly StringName {} = \"{name}\";",
                pascal(name)
            );
        }
        text += "        }\n    }\n}\n";
        text
    }
}

impl Argument {
    fn declared(&self) -> String {
        let default = self.default.as_ref().map(|default| format!(" = {default}"));
        format!(
            "{} {}{}",
            self.of_type.name,
            self.name,
            default.unwrap_or_default()
        )
    }
}

fn arguments(of: &Element, types: &Types<'_>) -> Outcome<Vec<Argument>> {
    of.all("param")
        .map(|param| {
            let of_type = types.read(param)?;
            let default = param.attribute("default");
            Ok(Argument {
                name: camel(param.needed("name")?),
                default: default.map(|text| of_type.constant(text)).transpose()?,
                of_type,
            })
        })
        .collect()
}

/// What a class needs to know of the others to name types.
struct Types<'a> {
    of: &'a str,
    classes: &'a [Element],
    own: &'a [&'a str],
}

impl Types<'_> {
    fn read(&self, element: &Element) -> Outcome<Type> {
        let of_enum = element.attribute("enum");
        let of_enum = of_enum.map(|name| self.enum_name(name)).transpose()?;
        let of_type = element.needed("type")?;
        Type::read(of_type, of_enum.as_deref(), |name| self.own.contains(&name))
    }

    /// Like Godot's own bindings: an enum gets another name if its class has a property of this name.
    fn enum_name(&self, name: &str) -> Outcome<String> {
        let Some((class, of_enum)) = name.split_once('.') else {
            return Ok(name.to_owned());
        };
        let owner = self
            .classes
            .iter()
            .find(|element| element.attribute("name") == Some(class));
        let owner = owner.ok_or_else(|| format!("the enum {name} is of no class of ours"))?;
        let is_taken = owner
            .listed("members", "member")
            .filter_map(|member| member.attribute("name"))
            .any(|member| pascal(member) == of_enum);
        let suffix = if is_taken { "Enum" } else { "" };
        let prefix = if class == self.of {
            ""
        } else {
            &format!("{class}.")
        };
        Ok(format!("{prefix}{of_enum}{suffix}"))
    }
}

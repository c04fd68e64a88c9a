//! Remote calls and states in the encoding of Godot's SceneMultiplayer.

/// First bytes of ENet's data commands: the command number, with the flag for an acknowledgement or
/// for unsequenced delivery.
pub const SEND_RELIABLE: u8 = 0x86;
pub const SEND_UNSEQUENCED: u8 = 0x49;

/// Packet kinds of SceneMultiplayer.
const REMOTE_CALL: u8 = 0;
const SYNC: u8 = 6;
/// Flag of a call whose arguments are none or a single array of bytes.
const ONLY_BYTES: u8 = 0x80;

/// Variant types.
const BOOL: u8 = 1;
const INT: u8 = 2;
const STRING: u8 = 4;
const VECTOR2: u8 = 5;
const VECTOR3: u8 = 9;
/// Flags in the type byte: the value is true; the integer has two bytes.
const TRUE: u8 = 0x80;
const TWO_BYTES: u8 = 0x40;

/// The start of a call: node, method, number of arguments.
pub fn call(node: u8, method: u8, arguments: u8) -> Vec<u8> {
    vec![REMOTE_CALL, node, method, arguments]
}

/// The start of a call whose only argument is an array of bytes. The bytes follow.
pub fn call_of_bytes(node: u8, method: u8) -> Vec<u8> {
    vec![REMOTE_CALL | ONLY_BYTES, node, method]
}

/// The start of a packet of states.
pub fn sync(time: u16) -> Vec<u8> {
    let [low, high] = time.to_le_bytes();
    vec![SYNC, low, high]
}

/// Appends the state of an object.
pub fn sync_state(bytes: &mut Vec<u8>, object: u32, state: &[u8]) {
    bytes.extend(object.to_le_bytes());
    bytes.extend((state.len() as u32).to_le_bytes());
    bytes.extend(state);
}

/// Appends a flag.
pub fn argument_bool(bytes: &mut Vec<u8>, value: bool) {
    bytes.push(if value { BOOL | TRUE } else { BOOL });
}

/// Appends a signed integer in as few bytes as it needs.
pub fn argument_int(bytes: &mut Vec<u8>, value: u16) {
    match u8::try_from(value) {
        Ok(value @ ..=0x7F) => bytes.extend([INT, value]),
        _ if value <= 0x7FFF => {
            bytes.push(INT | TWO_BYTES);
            bytes.extend(value.to_le_bytes());
        }
        _ => {
            bytes.push(INT | (2 * TWO_BYTES));
            bytes.extend(u32::from(value).to_le_bytes());
        }
    }
}

/// Appends a vector as a Variant with its full header.
pub fn vector<const N: usize>(bytes: &mut Vec<u8>, numbers: &[f32; N]) {
    let kind = const { if N == 2 { VECTOR2 } else { VECTOR3 } };
    bytes.extend(u32::from(kind).to_le_bytes());
    for number in numbers {
        bytes.extend(number.to_le_bytes());
    }
}

/// Appends a text, padded to a multiple of four bytes.
pub fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(u32::from(STRING).to_le_bytes());
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(&[0; 3][..text.len().wrapping_neg() % 4]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Stock Godot 4.6.3 handed these captures to its MultiplayerPeer.
    #[test]
    fn calls_match_the_captures() {
        let mut input = call(1, 2, 4);
        vector(&mut input, &[0.6, -0.8]);
        argument_bool(&mut input, true);
        argument_int(&mut input, 3);
        argument_int(&mut input, 1001);
        assert_eq!(hex(&input), "00010204050000009a99193fcdcc4cbf81020342e903");

        let mut hit = call(4, 1, 3);
        vector(&mut hit, &[3.0, 1.0, 8.25]);
        argument_int(&mut hit, 25);
        argument_bool(&mut hit, true);
        assert_eq!(hex(&hit), "0004010309000000000040400000803f00000441021981");

        let mut say = call(1, 4, 1);
        text(&mut say, "go left, wait");
        assert_eq!(
            hex(&say),
            "00010401040000000d000000676f206c6566742c2077616974000000"
        );

        let mut blob = call_of_bytes(1, 0);
        blob.extend([1, 2, 3, 4, 5]);
        assert_eq!(hex(&blob), "8001000102030405");
    }

    #[test]
    fn states_match_the_captures() {
        let mut state = Vec::new();
        vector(&mut state, &[0.0, 0.0, 0.0]);
        vector(&mut state, &[0.0, 0.0, 0.0]);
        vector(&mut state, &[1.5, 0.0, 2.5]);
        argument_int(&mut state, 100);
        text(&mut state, "walk");
        let mut packet = sync(2);
        // Objects not created by a MultiplayerSpawner have the topmost bit set.
        sync_state(&mut packet, 0x8000_0001, &state);
        let zeros = "00".repeat(12);
        assert_eq!(
            hex(&packet),
            format!(
                "060200010000803e00000009000000{zeros}09000000{zeros}\
                 090000000000c03f00000000000020400264040000000400000077616c6b"
            )
        );
    }
}

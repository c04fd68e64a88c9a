//! The calls of Agones' SDK.

use std::time::Duration;

use enet_fleet::agones::Request;
use godot::global::Error;
use godot::prelude::*;

use super::AgonesRs;
use crate::report::Reports;

#[godot_api(secondary)]
impl AgonesRs {
    /// Tells the fleet that this server takes players: state [code]Ready[/code]. Call it when
    /// [method ENetMultiplayerPeerRs.create_server] has succeeded and the level is loaded.
    ///
    /// Returns [constant OK] if the call will be carried out, or what [method start] returns. All calls that tell
    /// Agones something return [constant ERR_BUSY], with an error printed, if 256 calls wait or their signals have not
    /// been emitted yet.
    #[func]
    fn ready(&mut self) -> Error {
        self.put("ready", Request::Ready)
    }

    /// Tells the fleet that this server is in use: state [code]Allocated[/code]. A fleet that shrinks does not end a
    /// server in this state. Usually the matchmaker allocates the server instead. Returns like [method ready].
    #[func]
    fn allocate(&mut self) -> Error {
        self.put("allocate", Request::Allocate)
    }

    /// Keeps this server for players who are to come: state [code]Reserved[/code] for `seconds` seconds (a whole
    /// number, 0 for no limit), then [code]Ready[/code]. Returns like [method ready], and
    /// [constant ERR_INVALID_PARAMETER], with an error printed, for a negative number.
    #[func]
    fn reserve(&mut self, seconds: i64) -> Error {
        let Ok(seconds) = u64::try_from(seconds) else {
            let cause = format!("seconds must be 0 or more, not {seconds}");
            self.report("reserve", &cause);
            return Error::ERR_INVALID_PARAMETER;
        };
        self.put("reserve", Request::Reserve(Duration::from_secs(seconds)))
    }

    /// Tells the fleet that this server is done: state [code]Shutdown[/code]. Agones then ends the process with
    /// SIGTERM, see [method ENetMultiplayerPeerRs.quit_on_sigterm]. The request is lost if this object is freed or the game
    /// quits before [signal request_done] is emitted for it. Returns like [method ready].
    #[func]
    fn shutdown(&mut self) -> Error {
        self.put("shutdown", Request::Shutdown)
    }

    /// Sets the label `key` of the game server to `value`. A matchmaker can select servers by their labels. The key
    /// gets the prefix [code]agones.dev/sdk-[/code]. A label cannot be removed, but its value can be set to an empty
    /// text.
    ///
    /// ```gdscript
    /// agones.set_label("map", "forest") # Label agones.dev/sdk-map.
    /// ```
    ///
    /// Returns like [method ready], and [constant ERR_INVALID_PARAMETER], with an error printed, for what Kubernetes
    /// does not allow: `key` must have 1 to 59 characters and `value` up to 63. The characters must be letters of the
    /// English alphabet, digits, [code]-[/code], [code]_[/code] and [code].[/code], and the last three must not stand
    /// at the ends.
    #[func]
    fn set_label(&mut self, key: GString, value: GString) -> Error {
        self.put(
            "set_label",
            Request::SetLabel(key.to_string(), value.to_string()),
        )
    }

    /// Sets the annotation `key` of the game server to `value`, which is any text: information for other programs.
    /// `key` gets the prefix [code]agones.dev/sdk-[/code] and must have the form of a key of [method set_label].
    /// Returns like [method set_label].
    #[func]
    fn set_annotation(&mut self, key: GString, value: GString) -> Error {
        self.put(
            "set_annotation",
            Request::SetAnnotation(key.to_string(), value.to_string()),
        )
    }

    /// Asks for the counter `name` of the game server, a number with a capacity. The fleet's configuration must have
    /// the counter. [signal request_done] brings the answer, here connected to a function:
    ///
    /// ```gdscript
    /// func _on_request_done(request: String, subject: String, answer: Dictionary) -> void:
    ///     if request == "GetCounter":
    ///         print("%s: %d of %d" % [subject, answer["count"], answer["capacity"]])
    /// ```
    ///
    /// Returns like [method ready], and [constant ERR_INVALID_PARAMETER], with an error printed, for a text that is no
    /// name: a name has 1 to 63 of the characters that [method set_label] allows.
    #[func]
    fn request_counter(&mut self, name: GString) -> Error {
        self.put("request_counter", Request::GetCounter(name.to_string()))
    }

    /// Sets the count of the counter `name` to `count`, from 0 to its capacity. If an earlier call that sets the same
    /// counter still waits, this call replaces it, and there is one signal for both. Returns like
    /// [method request_counter].
    #[func]
    fn set_counter_count(&mut self, name: GString, count: i64) -> Error {
        self.put(
            "set_counter_count",
            Request::SetCount(name.to_string(), count),
        )
    }

    /// Adds `amount`, 1 by default, to the count of the counter `name`. Agones refuses this if the count would exceed
    /// the capacity. A call is not repeated if the connection broke and its outcome is not known. Returns like
    /// [method request_counter].
    #[func]
    fn increment_counter(&mut self, name: GString, #[opt(default = 1)] amount: i64) -> Error {
        self.put(
            "increment_counter",
            Request::AddCount(name.to_string(), amount),
        )
    }

    /// Takes `amount`, 1 by default, from the count of the counter `name`. Agones refuses this if the count would
    /// become negative. Otherwise like [method increment_counter].
    #[func]
    fn decrement_counter(&mut self, name: GString, #[opt(default = 1)] amount: i64) -> Error {
        let amount = amount.saturating_neg();
        self.put(
            "decrement_counter",
            Request::AddCount(name.to_string(), amount),
        )
    }

    /// Sets the capacity of the counter `name` to `capacity`. Returns like [method request_counter].
    #[func]
    fn set_counter_capacity(&mut self, name: GString, capacity: i64) -> Error {
        self.put(
            "set_counter_capacity",
            Request::SetCounterCapacity(name.to_string(), capacity),
        )
    }

    /// Asks for the list `name` of the game server, texts with a capacity. The fleet's configuration must have the
    /// list. [signal request_done] brings the answer. Returns like [method request_counter].
    #[func]
    fn request_list(&mut self, name: GString) -> Error {
        self.put("request_list", Request::GetList(name.to_string()))
    }

    /// Adds `value` to the list `name`. Agones refuses this if the list already has the value, or is full. Otherwise
    /// like [method increment_counter].
    #[func]
    fn append_list_value(&mut self, name: GString, value: GString) -> Error {
        self.put(
            "append_list_value",
            Request::AddValue(name.to_string(), value.to_string()),
        )
    }

    /// Removes `value` from the list `name`. Agones refuses this if the list does not have the value. Otherwise like
    /// [method increment_counter].
    #[func]
    fn delete_list_value(&mut self, name: GString, value: GString) -> Error {
        self.put(
            "delete_list_value",
            Request::RemoveValue(name.to_string(), value.to_string()),
        )
    }

    /// Replaces all values of the list `name` with `values`. Agones leaves out the values beyond the capacity. If an
    /// earlier call that sets the same list still waits, this call replaces it, as with [method set_counter_count].
    /// Returns like [method request_counter].
    #[func]
    fn set_list_values(&mut self, name: GString, values: PackedStringArray) -> Error {
        let values = values.as_slice().iter().map(GString::to_string).collect();
        self.put(
            "set_list_values",
            Request::SetValues(name.to_string(), values),
        )
    }

    /// Sets the capacity of the list `name` to `capacity`, from 0 to 1000. Returns like [method request_counter].
    #[func]
    fn set_list_capacity(&mut self, name: GString, capacity: i64) -> Error {
        self.put(
            "set_list_capacity",
            Request::SetListCapacity(name.to_string(), capacity),
        )
    }

    /// Returns what is known of the game server, as a [Dictionary] in Agones' form: [code]object_meta[/code] with
    /// [code]name[/code], [code]labels[/code] and [code]annotations[/code] (each of the last two a [Dictionary] of
    /// texts); [code]spec[/code]; [code]status[/code] with [code]state[/code], [code]address[/code], [code]ports[/code]
    /// (an [Array] of Dictionaries with [code]name[/code] and [code]port[/code]), [code]counters[/code] and
    /// [code]lists[/code] (Dictionaries by name, whose values have [code]count[/code] or [code]values[/code], and
    /// [code]capacity[/code]). Other parts may be missing: use [method Dictionary.get] with a default. Empty before the
    /// first [signal game_server_changed].
    ///
    /// ```gdscript
    /// var status: Dictionary = agones.get_game_server().get("status", {})
    /// print("Players connect to ", status.get("address", "an unknown address"))
    /// ```
    #[func]
    fn get_game_server(&self) -> VarDictionary {
        self.state.server.clone()
    }

    /// Returns the last known state of the game server, such as [code]Ready[/code]. Empty before the first
    /// [signal state_changed].
    #[func]
    fn get_state(&self) -> GString {
        self.state.phase.clone()
    }
}

impl AgonesRs {
    /// The state in what is known of the game server.
    pub(super) fn phase(&self) -> GString {
        let status = self.state.server.get("status");
        let status = status.and_then(|status| status.try_to::<VarDictionary>().ok());
        let state = status.and_then(|status| status.get("state"));
        state
            .and_then(|state| state.try_to().ok())
            .unwrap_or_default()
    }
}

//! How one connection begins and ends. The host decides which connections there are
//! ([`crate::host`]).

mod closing;
mod opening;

pub use closing::{close, close_over_limit, disconnect, drop_over_limit, on_disconnect};
pub use opening::{
    admit, on_early_command, on_proof, on_verify_connect, on_wrong_guess, repeat_answer,
    send_answer, send_connect,
};

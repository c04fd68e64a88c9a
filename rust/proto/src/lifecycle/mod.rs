//! How one connection begins and ends. The host decides which connections there are
//! ([`crate::host`]).

mod closing;
mod opening;

pub use closing::{close, disconnect, drop_over_limit, on_disconnect};
pub use opening::{
    on_verify_connect, repeat_answer, report_connected, report_verified, send_answer, send_connect,
};

//! Why a guarded host refuses a connector.

/// Why a guarded host refuses a connector. Its code is the data of the DISCONNECT; a host that is not guarded sends 0, as C
/// does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Refusal {
    /// The host admits nobody, or [`crate::Verdict::Refuse`] gave no reason.
    NotWelcome = 0x454E_5406,
    /// Connections fill the host.
    Full = 0x454E_5407,
    /// [`crate::Admission::UniqueData`] does not admit the connect data: it is in use, or out of range.
    IdInUse = 0x454E_5408,
    /// [`crate::Limits::peers_per_address`].
    TooManyOfAddress = 0x454E_5409,
    /// The host encrypts, and the request came without encryption. Our connectors believe it the second time.
    NotEncrypted = 0x454E_540A,
    /// The application did not accept the connector's credential. The host itself never says so:
    /// [`crate::Verdict::Refuse`] does.
    Credential = 0x454E_540B,
}

impl Refusal {
    /// The data that the connector's DISCONNECT carries.
    pub fn code(self) -> u32 {
        self as u32
    }
}

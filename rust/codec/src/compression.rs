//! The description of a compression mode, and the macro that makes the table of all modes.

use thiserror::Error;

/// A compression mode as scripts see it, whether or not this build has its codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mode {
    /// The number in Godot's enum, or the next free ones for modes that Godot does not have.
    pub number: i64,
    /// The name in Godot's enum, or one made alike.
    pub name: &'static str,
    /// Effort and gain in a sentence or two.
    pub summary: &'static str,
    /// Whether Godot's built-in classes have the mode. Otherwise both ends must be this extension.
    pub is_in_godot: bool,
    /// Whether [`crate::Compression::by_number`] needs a dictionary for the mode.
    pub needs_dictionary: bool,
    /// The feature of this crate that the codec needs.
    pub feature: Option<&'static str>,
    /// Whether this build has the codec.
    pub is_available: bool,
}

/// Why a number does not select a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ModeError {
    /// No mode has the number.
    #[error("no compression mode has the number {0}")]
    Unknown(i64),
    /// The mode has a codec, but not in this build.
    #[error("{name} is not part of this build: the feature \"{feature}\" of enet_codec is off")]
    Unavailable {
        /// [`Mode::name`].
        name: &'static str,
        /// The feature that is off.
        feature: &'static str,
    },
    /// The mode works with a dictionary only.
    #[error("{name} needs a dictionary")]
    NoDictionary {
        /// [`Mode::name`].
        name: &'static str,
    },
}

/// Makes [`crate::Compression`] and [`crate::MODES`] from one entry per mode.
///
/// A mode with a `feature` exists in [`crate::MODES`] always, and in the enum only with that feature:
/// a value of [`crate::Compression`] can always be turned into a codec. A mode with a parameter, as in
/// `Name(dictionary: Dictionary)`, needs a dictionary, and its `codec` may use the parameter.
macro_rules! modes {
    (@option) => { None };
    (@option $value:tt) => { Some($value) };
    (@is_given) => { false };
    (@is_given $parameter:ident) => { true };
    ($(
        $(#[$attribute:meta])*
        $variant:ident $(($dictionary:ident: $kind:ty))? = $number:literal {
            name: $name:literal,
            summary: $summary:literal,
            is_in_godot: $is_in_godot:literal,
            $(feature: $feature:tt,)?
            codec: $codec:expr,
        }
    )*) => {
        /// The codec that a host applies to its datagrams. Both ends must use the same.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub enum Compression {
            $(
                $(#[$attribute])*
                $(#[cfg(feature = $feature)])?
                $variant $(($kind))?,
            )*
        }

        /// All modes, by ascending number.
        pub static MODES: &[Mode] = &[$(
            Mode {
                number: $number,
                name: $name,
                summary: $summary,
                is_in_godot: $is_in_godot,
                needs_dictionary: modes!(@is_given $($dictionary)?),
                feature: modes!(@option $($feature)?),
                is_available: true $(&& cfg!(feature = $feature))?,
            },
        )*];

        impl Compression {
            /// The mode with a number of [`MODES`]. A mode that works with a dictionary takes
            /// `dictionary` along; the others ignore it.
            pub fn by_number(
                number: i64,
                dictionary: Option<&Dictionary>,
            ) -> Result<Self, ModeError> {
                // Only modes with a dictionary look at it, and a build may have none of those.
                let _ = dictionary;
                match number {
                    $(
                        $(#[cfg(feature = $feature)])?
                        $number => Ok(Self::$variant $((match dictionary {
                            Some($dictionary) => $dictionary.clone(),
                            None => return Err(ModeError::NoDictionary { name: $name }),
                        }))?),
                        $(
                            #[cfg(not(feature = $feature))]
                            $number => Err(ModeError::Unavailable {
                                name: $name,
                                feature: $feature,
                            }),
                        )?
                    )*
                    _ => Err(ModeError::Unknown(number)),
                }
            }

            /// The number of the mode in [`MODES`].
            pub fn number(&self) -> i64 {
                match self {
                    $(
                        $(#[cfg(feature = $feature)])?
                        Self::$variant { .. } => $number,
                    )*
                }
            }

            /// The name of the mode in [`MODES`].
            pub fn name(&self) -> &'static str {
                match self {
                    $(
                        $(#[cfg(feature = $feature)])?
                        Self::$variant { .. } => $name,
                    )*
                }
            }

            /// A new codec; `None` for [`Compression::None`], and for no other mode.
            pub fn codec(&self) -> Option<Box<dyn Codec + Send>> {
                match self {
                    $(
                        $(#[cfg(feature = $feature)])?
                        Self::$variant $(($dictionary))? => $codec,
                    )*
                }
            }

            /// All modes of this build; without a dictionary, only those that need none.
            pub fn all(dictionary: Option<&Dictionary>) -> impl Iterator<Item = Self> {
                let numbers = MODES.iter().map(|mode| mode.number);
                numbers.filter_map(move |number| Self::by_number(number, dictionary).ok())
            }
        }
    };
}
pub(crate) use modes;

//! A guarded host among strangers who forge their addresses: floods of CONNECTs, connections completed blind,
//! forged disconnects. Time is simulated.

mod banned;
mod blind;
mod floods;
mod proven;
mod site;

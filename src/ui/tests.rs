//! Screens at three sizes and in every state, and no panic at any size.

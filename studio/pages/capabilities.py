import streamlit as st

st.title("Capabilities")

"""PacketFlow Studio: a workspace in the browser.

`app` serves it, ``pages/main.py`` is the script Streamlit runs, and the other pages are short
scripts on top of pure parts that know no browser: `forms`, `results`, `progress`, `advice`,
`figures`. The studio never imports a user's code: it asks the workspace's runner and its store.
"""

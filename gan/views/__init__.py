"""What is computed of a run to show why: a view takes the networks of one moment and returns figures for the page.

One subject a file. A view is a plain function without state (see `catalogue`): it trains nothing, changes nothing, and
knows neither runs nor the server, which decides when it is asked.
"""

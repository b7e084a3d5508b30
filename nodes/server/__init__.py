"""Routes for the settings panel and the results tab."""

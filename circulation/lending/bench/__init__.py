"""`library bench lending`: measuring the desk."""
